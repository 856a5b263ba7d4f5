//! File operations for `fs`, on the files that a function sees. All files are in memory, so no
//! operation waits.

mod disk;
mod errno;
mod open;

use std::cell::RefCell;
use std::rc::Rc;

use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsArray;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue};

use super::bytes::{Bytes, uint8_array};
use super::functions::functions;
use crate::session::Session;
use disk::{Disk, Found, plain};
use errno::{Errno, Tried};
use open::{Flags, Open};

/// The files of one environment, and its open files.
struct Files {
    disk: RefCell<Disk>,
    open: RefCell<Open>,
}

/// The natives with the name `files`.
pub(super) fn make(context: &mut Context) -> JsResult<JsObject> {
    let list = [
        ("open", 2, open as _),
        ("close", 1, close as _),
        ("read", 5, read as _),
        ("write", 3, write as _),
        ("readAll", 1, read_all as _),
        ("truncate", 2, truncate as _),
        ("stat", 2, stat as _),
        ("list", 1, list as _),
        ("mkdir", 2, mkdir as _),
        ("remove", 2, remove as _),
        ("removeAll", 1, remove_all as _),
        ("rename", 2, rename as _),
        ("access", 2, access as _),
        ("realpath", 1, realpath as _),
    ];
    Ok(functions(&list, context))
}

/// `open(path, flags)`: a descriptor.
fn open(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let path = text(arguments, 0, context)?;
    let flags = Flags(arguments.get_or_undefined(1).to_i32(context)?);
    on_path("open", &path, context, |files, plain| {
        files.open.borrow_mut().open(&mut files.disk.borrow_mut(), plain, flags).map(JsValue::from)
    })
}

/// `close(fd)`.
fn close(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    on_open("close", arguments, context, |open, fd| open.close(fd))?;
    Ok(JsValue::undefined())
}

/// `read(fd, view, offset, length, position)`: the number of bytes. With position -1 it continues
/// where it stopped.
fn read(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let view = Bytes::of(arguments.get_or_undefined(1), "buffer", context)?;
    let offset = arguments.get_or_undefined(2).to_u32(context)? as usize;
    let length = arguments.get_or_undefined(3).to_u32(context)? as usize;
    let at = position(arguments, 4, context)?;
    let read = on_open("read", arguments, context, |open, fd| {
        view.with_mut(|view| {
            let view = view.get_mut(offset..).unwrap_or_default();
            let length = length.min(view.len());
            open.read(fd, view.get_mut(..length).unwrap_or_default(), at)
        })
    })?;
    Ok(u32::try_from(read).unwrap_or(u32::MAX).into())
}

/// `write(fd, bytes, position)`: the number of bytes. With position -1 it continues where it
/// stopped.
fn write(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let bytes = Bytes::of(arguments.get_or_undefined(1), "buffer", context)?;
    let at = position(arguments, 2, context)?;
    let written =
        on_open("write", arguments, context, |open, fd| bytes.with(|b| open.write(fd, b, at)))?;
    Ok(u32::try_from(written).unwrap_or(u32::MAX).into())
}

/// `readAll(fd)`: all bytes from the present position on.
fn read_all(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let bytes = on_open("read", arguments, context, Open::read_all)?;
    Ok(uint8_array(&bytes, context)?.into())
}

/// `truncate(fd, length)`.
fn truncate(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let length = arguments.get_or_undefined(1).to_u32(context)? as usize;
    on_open("ftruncate", arguments, context, |open, fd| open.truncate(fd, length))?;
    Ok(JsValue::undefined())
}

/// `stat(path or fd, syscall)`: `[folder, size, time, number, writable]`.
fn stat(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let syscall = text(arguments, 1, context)?;
    let mut facts = None;
    if arguments.get_or_undefined(0).is_number() {
        facts = Some(on_open(&syscall, arguments, context, |open, fd| open.facts(fd))?);
    } else {
        let path = text(arguments, 0, context)?;
        on_path(&syscall, &path, context, |files, plain| {
            let found = files.disk.borrow().find(plain)?.facts();
            facts = Some((found, Disk::is_writable(plain)));
            Ok(JsValue::undefined())
        })?;
    }
    let Some(((folder, size, time, number), writable)) = facts else {
        return Ok(JsValue::undefined());
    };
    let facts: [JsValue; 5] =
        [folder.into(), (size as f64).into(), time.into(), number.into(), writable.into()];
    Ok(JsArray::from_iter(facts, context).into())
}

/// `list(path)`: `[name, folder, name, folder, ...]`.
fn list(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let path = text(arguments, 0, context)?;
    let mut names = Vec::new();
    on_path("scandir", &path, context, |files, plain| {
        names = files.disk.borrow().list(plain)?;
        Ok(JsValue::undefined())
    })?;
    let names = names
        .into_iter()
        .flat_map(|(name, folder)| [JsValue::from(JsString::from(name)), JsValue::from(folder)]);
    Ok(JsArray::from_iter(names, context).into())
}

/// `mkdir(path, recursive)`: the first folder that was made, if any.
fn mkdir(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let path = text(arguments, 0, context)?;
    let recursive = arguments.get_or_undefined(1).to_boolean();
    on_path("mkdir", &path, context, |files, plain| {
        let mut disk = files.disk.borrow_mut();
        if !recursive {
            return disk.make_folder(plain).map(|()| JsValue::undefined());
        }
        let mut first = JsValue::undefined();
        let ends = plain.match_indices('/').skip(1).map(|(at, _)| at).chain([plain.len()]);
        for end in ends {
            let part = plain.get(..end).unwrap_or_default();
            match disk.find(part) {
                Ok(Found::Folder { .. }) => continue,
                Ok(_) if end == plain.len() => return Err(Errno::Exist),
                Ok(_) => return Err(Errno::NotDir),
                Err(_) => disk.make_folder(part)?,
            }
            if first.is_undefined() {
                first = JsString::from(part).into();
            }
        }
        Ok(first)
    })
}

/// `remove(path, syscall)`: `unlink` or `rmdir`.
fn remove(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let path = text(arguments, 0, context)?;
    let syscall = text(arguments, 1, context)?;
    on_path(&syscall, &path, context, |files, plain| {
        let removed = files.disk.borrow_mut().remove(plain, syscall == "rmdir");
        removed.map(|()| JsValue::undefined())
    })
}

/// `removeAll(path)`.
fn remove_all(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let path = text(arguments, 0, context)?;
    on_path("rm", &path, context, |files, plain| {
        files.disk.borrow_mut().remove_all(plain).map(|()| JsValue::undefined())
    })
}

/// `rename(from, to)`.
fn rename(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (from, to) = (text(arguments, 0, context)?, text(arguments, 1, context)?);
    let files = files(context)?;
    let renamed = files.disk.borrow_mut().rename(&plain(&from), &plain(&to));
    let tried = Tried { syscall: "rename", path: Some(&from), dest: Some(&to) };
    renamed.map_err(|errno| errno.thrown(&tried, context))?;
    Ok(JsValue::undefined())
}

/// `access(path, mode)`: 2 asks for writing, 1 for running.
fn access(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let path = text(arguments, 0, context)?;
    let mode = arguments.get_or_undefined(1).to_i32(context)?;
    on_path("access", &path, context, |files, plain| {
        let found = files.disk.borrow().find(plain)?;
        match found {
            _ if mode & 2 != 0 && !Disk::is_writable(plain) => Err(Errno::ReadOnly),
            Found::File(_) | Found::Fixed(_) if mode & 1 != 0 => Err(Errno::Access),
            _ => Ok(JsValue::undefined()),
        }
    })
}

/// `realpath(path)`.
fn realpath(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let path = text(arguments, 0, context)?;
    on_path("lstat", &path, context, |files, plain| {
        files.disk.borrow().find(plain)?;
        Ok(JsString::from(plain).into())
    })
}

fn files(context: &mut Context) -> JsResult<Rc<Files>> {
    if let Some(files) = context.get_data::<Rc<Files>>() {
        return Ok(files.clone());
    }
    let disk = Disk::new(Session::of(context)?.load.clone());
    let files = Rc::new(Files { disk: RefCell::new(disk), open: RefCell::default() });
    context.insert_data(files.clone());
    Ok(files)
}

fn on_path(
    syscall: &str,
    path: &str,
    context: &mut Context,
    work: impl FnOnce(&Files, &str) -> Result<JsValue, Errno>,
) -> JsResult<JsValue> {
    let files = files(context)?;
    work(&files, &plain(path))
        .map_err(|errno| errno.thrown(&Tried { syscall, path: Some(path), dest: None }, context))
}

/// Applies a function to the open file whose descriptor is the first argument.
fn on_open<T>(
    syscall: &str,
    arguments: &[JsValue],
    context: &mut Context,
    work: impl FnOnce(&mut Open, i32) -> Result<T, Errno>,
) -> JsResult<T> {
    let fd = arguments.get_or_undefined(0).to_i32(context)?;
    let files = files(context)?;
    let worked = work(&mut files.open.borrow_mut(), fd);
    worked.map_err(|errno| errno.thrown(&Tried { syscall, path: None, dest: None }, context))
}

fn text(arguments: &[JsValue], at: usize, context: &mut Context) -> JsResult<String> {
    Ok(arguments.get_or_undefined(at).to_string(context)?.to_std_string_lossy())
}

fn position(arguments: &[JsValue], at: usize, context: &mut Context) -> JsResult<Option<usize>> {
    let position = arguments.get_or_undefined(at).to_number(context)?;
    Ok((position >= 0.0).then_some(position as usize))
}

//! Object buckets in JetStream.

use std::time::Duration;

use async_nats::jetstream::object_store::{Config, DeleteErrorKind, GetErrorKind, ObjectStore};
use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::AsyncReadExt;

use super::connection::{Connection, refused};
use crate::bus::{BusError, Objects, name};

/// Longest wait for an object of any size to be written or read.
const OBJECT_DEADLINE: Duration = Duration::from_secs(60);

/// An object bucket.
pub(super) struct NatsObjects {
    connection: Connection,
    store: ObjectStore,
}

// === impl NatsObjects ===

impl NatsObjects {
    /// Opens the bucket, making it if it is not there.
    pub(super) async fn open(connection: Connection, name: &str) -> Result<Self, BusError> {
        name::check_bucket(name)?;
        let what = format!("open the object bucket {name}");
        let store = if connection.has_stream(&format!("OBJ_{name}")).await? {
            let opened = connection.ask(&what, connection.jetstream.get_object_store(name));
            opened.await?.map_err(|error| refused(&what, &error))?
        } else {
            let num_replicas = connection.replicas();
            let config = Config { bucket: name.to_owned(), num_replicas, ..Config::default() };
            let made = connection.ask(&what, connection.jetstream.create_object_store(config));
            made.await?.map_err(|error| connection.not_made(&what, &error))?
        };
        Ok(Self { connection, store })
    }

    async fn read(&self, name: &str, max: usize) -> Result<Option<Bytes>, BusError> {
        let what = format!("read the object {name}");
        let mut object = match self.store.get(name).await {
            Ok(object) => object,
            Err(error) if error.kind() == GetErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refused(&what, &error)),
        };
        let size = object.info().size;
        if size > max {
            return Err(BusError::object_too_large(name, size, max));
        }
        let mut data = Vec::with_capacity(size);
        // What was written about the size need not be true.
        let limit = (max as u64).saturating_add(1);
        let read = (&mut object).take(limit).read_to_end(&mut data).await;
        read.map_err(|error| refused(&what, &error))?;
        if data.len() > max {
            return Err(BusError::object_too_large(name, data.len(), max));
        }
        Ok(Some(data.into()))
    }
}

#[async_trait]
impl Objects for NatsObjects {
    async fn put(&self, name: &str, data: Bytes) -> Result<(), BusError> {
        name::check_object(name)?;
        let what = format!("write the object {name}");
        let mut data = data.as_ref();
        let put = self.store.put(name, &mut data);
        let put = self.connection.ask_within(OBJECT_DEADLINE, &what, put).await?;
        put.map(drop).map_err(|error| refused(&what, &error))
    }

    async fn get(&self, name: &str, max: usize) -> Result<Option<Bytes>, BusError> {
        name::check_object(name)?;
        let what = format!("read the object {name}");
        self.connection.ask_within(OBJECT_DEADLINE, &what, self.read(name, max)).await?
    }

    async fn delete(&self, name: &str) -> Result<(), BusError> {
        name::check_object(name)?;
        let what = format!("delete the object {name}");
        match self.connection.ask(&what, self.store.delete(name)).await? {
            Err(error) if error.kind() != DeleteErrorKind::NotFound => Err(refused(&what, &error)),
            _ => Ok(()),
        }
    }
}

//! Texts as the matching reads them: character by character, forwards and backwards.

/// A text to read.
pub(crate) trait Input: Copy {
    /// How many places there are: code units.
    fn len(self) -> usize;
    /// The character at a place and the place after it.
    fn next(self, at: usize) -> Option<(u32, usize)>;
    /// The character before a place and where it begins.
    fn previous(self, at: usize) -> Option<(u32, usize)>;
    /// The place at which the character begins that has this code unit.
    fn beginning(self, at: usize) -> usize;
    /// The first place from `at` on whose code unit may be the first: one in `latin`, or one
    /// beyond Latin-1 if `wide`.
    fn skip(self, at: usize, latin: &[bool; 256], wide: bool) -> Option<usize>;
    /// The first place from `at` on that has this character below U+0100.
    fn skip_to(self, at: usize, byte: u8) -> Option<usize>;
}

/// Characters below U+0100.
#[derive(Clone, Copy)]
pub(crate) struct Latin1<'t>(pub(crate) &'t [u8]);

/// Code units, each a character.
#[derive(Clone, Copy)]
pub(crate) struct Units<'t>(pub(crate) &'t [u16]);

/// Code units of which pairs of surrogates are one character.
#[derive(Clone, Copy)]
pub(crate) struct Points<'t>(pub(crate) &'t [u16]);

impl Input for Latin1<'_> {
    #[inline]
    fn len(self) -> usize {
        self.0.len()
    }

    #[inline]
    fn next(self, at: usize) -> Option<(u32, usize)> {
        self.0.get(at).map(|byte| (u32::from(*byte), at + 1))
    }

    #[inline]
    fn previous(self, at: usize) -> Option<(u32, usize)> {
        let before = at.checked_sub(1)?;
        self.0.get(before).map(|byte| (u32::from(*byte), before))
    }

    fn beginning(self, at: usize) -> usize {
        at
    }

    fn skip(self, at: usize, latin: &[bool; 256], _: bool) -> Option<usize> {
        let rest = self.0.get(at..)?;
        let may = |byte: &u8| latin.get(usize::from(*byte)).copied().unwrap_or_default();
        rest.iter().position(may).map(|skipped| at + skipped)
    }

    fn skip_to(self, at: usize, byte: u8) -> Option<usize> {
        memchr::memchr(byte, self.0.get(at..)?).map(|skipped| at + skipped)
    }
}

fn skip_units(units: &[u16], at: usize, latin: &[bool; 256], wide: bool) -> Option<usize> {
    let rest = units.get(at..)?;
    let may = |unit: &u16| latin.get(usize::from(*unit)).copied().unwrap_or(wide);
    rest.iter().position(may).map(|skipped| at + skipped)
}

fn skip_units_to(units: &[u16], at: usize, byte: u8) -> Option<usize> {
    let wanted = u16::from(byte);
    units.get(at..)?.iter().position(|unit| *unit == wanted).map(|skipped| at + skipped)
}

impl Input for Units<'_> {
    #[inline]
    fn len(self) -> usize {
        self.0.len()
    }

    #[inline]
    fn next(self, at: usize) -> Option<(u32, usize)> {
        self.0.get(at).map(|unit| (u32::from(*unit), at + 1))
    }

    #[inline]
    fn previous(self, at: usize) -> Option<(u32, usize)> {
        let before = at.checked_sub(1)?;
        self.0.get(before).map(|unit| (u32::from(*unit), before))
    }

    fn beginning(self, at: usize) -> usize {
        at
    }

    fn skip(self, at: usize, latin: &[bool; 256], wide: bool) -> Option<usize> {
        skip_units(self.0, at, latin, wide)
    }

    fn skip_to(self, at: usize, byte: u8) -> Option<usize> {
        skip_units_to(self.0, at, byte)
    }
}

impl Input for Points<'_> {
    #[inline]
    fn len(self) -> usize {
        self.0.len()
    }

    #[inline]
    fn next(self, at: usize) -> Option<(u32, usize)> {
        let unit = *self.0.get(at)?;
        if is_leading(unit)
            && let Some(trailing) = self.0.get(at + 1).copied()
            && is_trailing(trailing)
        {
            return Some((joined(unit, trailing), at + 2));
        }
        Some((u32::from(unit), at + 1))
    }

    #[inline]
    fn previous(self, at: usize) -> Option<(u32, usize)> {
        let before = at.checked_sub(1)?;
        let unit = *self.0.get(before)?;
        if is_trailing(unit)
            && let Some(first) = before.checked_sub(1)
            && let Some(leading) = self.0.get(first).copied()
            && is_leading(leading)
        {
            return Some((joined(leading, unit), first));
        }
        Some((u32::from(unit), before))
    }

    fn beginning(self, at: usize) -> usize {
        let inside = at.checked_sub(1).and_then(|before| self.next(before));
        match inside {
            Some((_, end)) if end > at => at - 1,
            _ => at,
        }
    }

    fn skip(self, at: usize, latin: &[bool; 256], wide: bool) -> Option<usize> {
        // The first unit of a pair is found before its second: both are beyond Latin-1.
        skip_units(self.0, at, latin, wide)
    }

    fn skip_to(self, at: usize, byte: u8) -> Option<usize> {
        skip_units_to(self.0, at, byte)
    }
}

fn is_leading(unit: u16) -> bool {
    (0xD800..0xDC00).contains(&unit)
}

fn is_trailing(unit: u16) -> bool {
    (0xDC00..0xE000).contains(&unit)
}

fn joined(leading: u16, trailing: u16) -> u32 {
    0x10000 + ((u32::from(leading) - 0xD800) << 10) + (u32::from(trailing) - 0xDC00)
}

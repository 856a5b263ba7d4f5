//! Bytes of a TLS message, read from their beginning.

/// Bytes that are read from their beginning. Every read ends with `None` where they end.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

// === impl Input ===

impl<'a> Input<'a> {
    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    /// Bytes with their number before them, in one byte.
    pub(super) fn short(&mut self) -> Option<Input<'a>> {
        let len = self.u8()?;
        self.take(usize::from(len)).map(Input)
    }

    /// Bytes with their number before them, in two bytes.
    pub(super) fn long(&mut self) -> Option<Input<'a>> {
        let len = self.u16()?;
        self.take(usize::from(len)).map(Input)
    }

    /// The content of a handshake message of this kind (RFC 8446, 4).
    pub(super) fn message(&mut self, kind: u8) -> Option<Input<'a>> {
        let [found, high, middle, low] = *self.take(4)?.first_chunk()?;
        let len = u32::from_be_bytes([0, high, middle, low]);
        let content = self.take(usize::try_from(len).ok()?)?;
        (found == kind).then_some(Input(content))
    }
}

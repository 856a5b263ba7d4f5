//! Freed memory that the allocator keeps.

/// Gives it back to the system, where the allocator can. Takes a moment for each thread that
/// allocated, so it is for the time after much was freed.
#[cfg(target_env = "gnu")]
#[allow(unsafe_code)]
pub fn give_back() {
    // SAFETY: it has no preconditions, and may be called at any time by any thread.
    unsafe { libc::malloc_trim(0) };
}

/// Does nothing: this allocator is not asked.
#[cfg(not(target_env = "gnu"))]
pub fn give_back() {}

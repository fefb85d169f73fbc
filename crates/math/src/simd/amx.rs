//! The matrix tiles of AMX, whose instructions the compiler has no functions for yet: whether they are
//! there, and their shape.

use std::{
    arch::{asm, x86_64::__cpuid_count},
    sync::OnceLock,
};

/// The proof that this machine has tiles of bfloat16, and vectors beside them, and that the system lets
/// this process use them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tiles(());

/// What configures tiles.
#[repr(C, align(64))]
struct Shapes([u8; 64]);

/// Eight tiles of sixteen rows of sixty-four bytes, of the first palette.
static SHAPES: Shapes = {
    let mut all = [0; 64];
    all[0] = 1;
    let mut tile = 0;
    while tile < 8 {
        all[16 + 2 * tile] = 64;
        all[48 + tile] = 16;
        tile += 1;
    }
    Shapes(all)
};

impl Tiles {
    /// The tiles of this machine, where it has them.
    pub(crate) fn of_this_machine() -> Option<Self> {
        static FOUND: OnceLock<bool> = OnceLock::new();
        FOUND.get_or_init(are_there).then_some(Self(()))
    }

    /// Makes all eight tiles sixteen rows of sixty-four bytes.
    pub(super) fn configure(self) {
        // SAFETY: `self` proves the instruction; the shape is one that the first palette has.
        #[expect(unsafe_code, reason = "matrix tiles have no safe form")]
        unsafe {
            asm!("ldtilecfg [{}]", in(reg) &SHAPES, options(nostack, readonly));
        }
    }

    /// Gives the tiles back: the system need not keep them when threads change places.
    pub(super) fn release(self) {
        // SAFETY: `self` proves the instruction.
        #[expect(unsafe_code, reason = "matrix tiles have no safe form")]
        unsafe {
            asm!("tilerelease", options(nostack, nomem));
        }
    }
}

/// Asks the processor, and then the system for the memory that tiles take.
fn are_there() -> bool {
    if !cfg!(target_os = "linux")
        || !std::arch::is_x86_feature_detected!("avx512bw")
        || !std::arch::is_x86_feature_detected!("avx512dq")
        || !std::arch::is_x86_feature_detected!("avx512bf16")
        || !std::arch::is_x86_feature_detected!("fma")
    {
        return false;
    }
    /// Bits of the processor's seventh leaf: tiles, and products of bfloat16 in them.
    const BITS: u32 = 1 << 24 | 1 << 22;
    let leaf = __cpuid_count(7, 0);
    leaf.edx & BITS == BITS && may_use()
}

/// Whether the system grants this process the tiles' registers: from then on it keeps them when threads
/// change places.
fn may_use() -> bool {
    /// `arch_prctl`, and its request for the data of tiles, the eighteenth component of a thread's state.
    const CALL: i64 = 158;
    const REQUEST: u64 = 0x1023;
    const TILE_DATA: u64 = 18;
    let answer: i64;
    // SAFETY: the call asks for a permission and touches no memory of this process; the registers that
    // system calls overwrite are named.
    #[expect(unsafe_code, reason = "a system call without a library's form")]
    unsafe {
        asm!(
            "syscall",
            inout("rax") CALL => answer,
            in("rdi") REQUEST,
            in("rsi") TILE_DATA,
            out("rcx") _,
            out("r11") _,
            options(nostack),
        );
    }
    answer == 0
}

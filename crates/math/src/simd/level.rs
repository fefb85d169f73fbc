//! Which instruction sets this machine has.

/// An instruction set that this machine has: a value is only made after asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level(Kind);

/// The instruction sets that kernels are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What the target has at least.
    Portable,
    /// AVX2 with FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 F, BW and DQ, with AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// The vectors of every 64-bit Arm machine.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Level {
    /// The best instruction set of this machine.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    pub(crate) fn best() -> Self {
        if has_avx512() {
            Self(Kind::Avx512)
        } else if has_avx2() {
            Self(Kind::Avx2)
        } else {
            Self(Kind::Portable)
        }
    }

    /// The best instruction set of this machine.
    #[cfg(target_arch = "aarch64")]
    #[inline]
    pub(crate) fn best() -> Self {
        Self(Kind::Neon)
    }

    /// The best instruction set of this machine.
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    #[inline]
    pub(crate) fn best() -> Self {
        Self(Kind::Portable)
    }

    /// The plain code that the others are tested against.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self(Kind::Portable)
    }

    /// All that this machine has.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Self::plain()];
        #[cfg(target_arch = "x86_64")]
        if has_avx2() {
            all.push(Self(Kind::Avx2));
        }
        if !all.contains(&Self::best()) {
            all.push(Self::best());
        }
        all
    }

    pub(super) fn kind(self) -> Kind {
        self.0
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    has_avx2()
        && std::arch::is_x86_feature_detected!("avx512f")
        && std::arch::is_x86_feature_detected!("avx512bw")
        && std::arch::is_x86_feature_detected!("avx512dq")
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
}

//! Plain loops, compiled for what the machine has: each number is rounded step by step, so that every machine
//! gives the same bits.

/// Defines a function that runs its body compiled for the best instruction set of this machine.
macro_rules! wide {
    ($(#[$doc:meta])* $visible:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$doc])*
        $visible fn $name($($argument: $type),*) {
            #[inline(always)]
            fn plain($($argument: $type),*) $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")]
                fn wide($($argument: $type),*) {
                    plain($($argument),*);
                }
                #[target_feature(enable = "avx2,fma")]
                fn half($($argument: $type),*) {
                    plain($($argument),*);
                }
                if std::arch::is_x86_feature_detected!("avx512bw")
                    && std::arch::is_x86_feature_detected!("avx512vl")
                    && std::arch::is_x86_feature_detected!("avx512dq")
                    && std::arch::is_x86_feature_detected!("fma")
                {
                    // SAFETY: the machine was asked for what the function is compiled for; whatever has AVX-512
                    // has AVX2 too.
                    #[expect(unsafe_code, reason = "instructions beyond the baseline")]
                    unsafe {
                        wide($($argument),*);
                    }
                    return;
                }
                if std::arch::is_x86_feature_detected!("avx2")
                    && std::arch::is_x86_feature_detected!("fma")
                {
                    // SAFETY: the machine was asked for what the function is compiled for.
                    #[expect(unsafe_code, reason = "instructions beyond the baseline")]
                    unsafe {
                        half($($argument),*);
                    }
                    return;
                }
            }
            plain($($argument),*);
        }
    };
}

pub(crate) use wide;

/// Asks memory for what `from` begins with; nothing where the machine cannot be asked.
#[inline]
pub(crate) fn prefetch<T>(from: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every machine has the instruction, and it may be given any address.
        #[expect(unsafe_code, reason = "an instruction without a safe form")]
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(from.as_ptr().cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = from;
    }
}

//! Kernels that only hold with `unsafe`: pointers for the matrix product, and instructions that the
//! machine must be asked for first.

mod gemm;

pub(crate) use gemm::{gemm_f32, gemm_f64};

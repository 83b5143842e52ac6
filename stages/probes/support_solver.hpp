#pragma once
// Private to this folder (ATen): an L1 logistic problem on few columns, solved to full precision.
#include <ATen/ATen.h>

#include <vector>

namespace vrp {

/// min over (w, b) of ||w||_1 + C sum log(1 + exp(-t (Z w + b))) from a start; z [n, k], t [n] +-1,
/// theta [k + 1] (weights, intercept), all fp64 on the CPU. Proximal Newton: coordinate descent on
/// the quadratic model with the exact Hessian, then a line search. Returns whether the optimality
/// conditions hold within `tolerance`.
bool solve_on_support(const at::Tensor& z, const at::Tensor& t, double c, double tolerance,
                      std::vector<double>& theta);

}  // namespace vrp

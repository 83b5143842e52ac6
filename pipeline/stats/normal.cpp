#include "pipeline/stats/normal.hpp"

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <limits>
#include <numbers>

namespace vrp::stats {

double normal_quantile(double p) {
  if (!(p >= 0 && p <= 1)) return std::numeric_limits<double>::quiet_NaN();
  if (p == 0) return -std::numeric_limits<double>::infinity();
  if (p == 1) return std::numeric_limits<double>::infinity();
  return -std::numbers::sqrt2 * boost::math::erfc_inv(2 * p);
}

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double two_sided_normal_p(double z) { return std::erfc(std::abs(z) / std::numbers::sqrt2); }

double critical_z(double level) { return normal_quantile(0.5 + level / 2); }

// P(|T| >= |t|) is the incomplete beta I_x(df/2, 1/2) at x = df/(df + t^2).
double two_sided_t_p(double t, double df) {
  if (std::isinf(t)) return 0;
  const double square = t * t;
  // Whichever of x and 1 - x is small is the exact one.
  if (square < df) return boost::math::ibetac(0.5, df / 2, square / (df + square));
  return boost::math::ibeta(df / 2, 0.5, df / (df + square));
}

double t_cdf(double t, double df) {
  const double tail = 0.5 * two_sided_t_p(t, df);
  return t > 0 ? 1 - tail : tail;
}

double critical_t(double level, double df) {
  double rest = 0;  // 1 - x, kept apart since x is close to 1 for many degrees of freedom
  const double x = boost::math::ibeta_inv(df / 2, 0.5, 1 - level, &rest);
  return std::sqrt(df * rest / x);
}

double correlation_p(double r, long long n) {
  // P(|t| >= t_r) is the incomplete beta I_x(nu/2, 1/2) at x = nu/(nu + t_r^2) = 1 - r^2.
  const double nu = static_cast<double>(n - 2);
  const double x = (1 - std::abs(r)) * (1 + std::abs(r));
  return x <= 0 ? 0.0 : boost::math::ibeta(nu / 2, 0.5, x);
}

}  // namespace vrp::stats

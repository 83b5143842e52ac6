#pragma once
// The normal and t distributions as statistics use them.
namespace vrp::stats {

double normal_quantile(double p);  ///< Phi^-1(p); -inf, +inf at 0, 1
double normal_cdf(double z);
double two_sided_normal_p(double z);         ///< P(|Z| >= |z|)
double critical_z(double level);             ///< 1.959963984540054 for level 0.95
double t_cdf(double t, double df);           ///< P(T <= t), df > 0
double two_sided_t_p(double t, double df);   ///< P(|T| >= |t|)
double critical_t(double level, double df);  ///< P(|T| <= t) = level; 12.7062 for 0.95, 1
/// P(|t| >= |t_r|) for a correlation r of n rows, t_r = r sqrt((n-2)/(1-r^2)); n >= 3.
double correlation_p(double r, long long n);

}  // namespace vrp::stats

#pragma once
// Stop signals as a flag: SIGUSR2 (sent by Slurm ahead of the time limit), SIGTERM and SIGINT.

namespace vrp {

void catch_stop_signals();
bool stop_signalled();

}  // namespace vrp

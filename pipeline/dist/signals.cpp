#include "pipeline/dist/signals.hpp"

#include <signal.h>

#include <initializer_list>

namespace vrp {
namespace {
volatile sig_atomic_t stop_flag = 0;
void on_signal(int) { stop_flag = 1; }
}  // namespace

void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGUSR2, SIGTERM, SIGINT}) sigaction(signal, &action, nullptr);
}

bool stop_signalled() { return stop_flag != 0; }

}  // namespace vrp

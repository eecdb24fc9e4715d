// SPDX-License-Identifier: Apache-2.0
#include "attach/interrupt.hh"

#include <csignal>

#include "attach/attachment.hh"

namespace conform {
namespace {

volatile std::sig_atomic_t is_interrupted = 0;

void note(int) {
    is_interrupted = 1;
}

}  // namespace

void catch_interrupts() {
    struct sigaction action {};
    action.sa_handler = note;  // without SA_RESTART: a waiting poll ends
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

void throw_if_interrupted() {
    if (is_interrupted != 0) throw Interrupted();
}

}  // namespace conform

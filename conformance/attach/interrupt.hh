// SPDX-License-Identifier: Apache-2.0
/// SIGINT and SIGTERM as an exception at the next safe place, so that the device is always ended.
#pragma once

namespace conform {

/// From now on SIGINT and SIGTERM are noted instead of ending the program.
void catch_interrupts();

/// Throws Interrupted if one was noted.
void throw_if_interrupted();

}  // namespace conform

// SPDX-License-Identifier: Apache-2.0
// How programs end (docs/interfaces.md, exit codes).
#pragma once

namespace shunt::app {

inline constexpr int kExitOk = 0;
/// A negative result: a rule was broken.
inline constexpr int kExitNegative = 1;
/// Usage, configuration or privilege.
inline constexpr int kExitSetup = 2;
/// A device was lost, a file could not be written.
inline constexpr int kExitTrouble = 3;
inline constexpr int kExitInterrupted = 130;

}  // namespace shunt::app

// SPDX-License-Identifier: Apache-2.0
/// Plays a segment script to a device and writes down what the device does.
#pragma once

#include "script/event.hh"
#include "script/script.hh"
#include "script/script_device.hh"

namespace conform {

/// The same stimuli at the same times, whatever the device answers. Throws what the device throws,
/// and AttachmentError where it does not know what a script needs.
Transcript play(const Script& script, ScriptDevice& device);

}  // namespace conform

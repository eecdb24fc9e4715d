// SPDX-License-Identifier: Apache-2.0
// Named network namespaces (ip-netns(8)): a socket belongs to the one in which it was made, so a
// process that makes sockets in several goes from one into the other.
#pragma once

#include <string>

#include "bench/moves/descriptor.hh"

namespace shunt::bench {

/// Moves this thread into the namespace; throws if there is none of that name.
void enter_namespace(const std::string& name);

/// Opens the plain tap `interface` of the namespace this thread is in, without blocking.
Descriptor open_tap(const std::string& interface);

}  // namespace shunt::bench

// SPDX-License-Identifier: Apache-2.0
// Asks a node on its control socket (docs/interfaces.md, "Control socket").
#pragma once

#include <string>
#include <string_view>

#include "bench/moves/descriptor.hh"

namespace shunt::bench {

class ControlClient {
  public:
    explicit ControlClient(const std::string& path);

    /// Sends a request, a line of JSON, and does not wait.
    void send(std::string_view line);
    /// The next answer; throws where there is none within seconds.
    std::string receive();

  private:
    Descriptor socket_;
};

}  // namespace shunt::bench

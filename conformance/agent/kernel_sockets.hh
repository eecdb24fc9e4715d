// SPDX-License-Identifier: Apache-2.0
/// The kernel's sockets by the names that a tester uses (docs/segment-scripts.md): one JSON request
/// in, one answer out. No call waits.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "attach/descriptor.hh"

namespace conform {

class KernelSockets {
  public:
    /// Makes the namespace of this process comparable: reno, timers and options as the page says.
    KernelSockets();

    /// Never throws for what a request says.
    std::string answer(std::string_view line);

  private:
    using Json = nlohmann::json;

    Json perform(const Json& request);
    Json configure(const Json& request);
    Json listen(const Json& request);
    Json accept(const Json& request);
    Json connect(const Json& request);
    Json send(const Json& request) const;
    Json receive(const Json& request) const;
    Json shutdown(const Json& request) const;
    Json close(const Json& request, bool with_reset);
    Json set_option(const Json& request) const;
    Json take_error(const Json& request) const;
    Json describe_state(const Json& request) const;
    Json keep(Descriptor socket);
    int descriptor_of(const Json& request) const;

    std::map<std::uint32_t, Descriptor> sockets_;
    std::uint32_t next_socket_ = 1;
    int keep_alive_idle_ = 7'200;
    int keep_alive_interval_ = 75;
    int keep_alive_probes_ = 9;
};

}  // namespace conform

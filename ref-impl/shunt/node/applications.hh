// SPDX-License-Identifier: Apache-2.0
// The built-in applications as those of connections that come from another server in mid-use.
#pragma once

#include <memory>

#include "shunt/farm/farm_config.hh"
#include "shunt/migrate/applications.hh"
#include "shunt/node/contents.hh"

namespace shunt::node {

class BuiltInApplications final : public migrate::Applications {
  public:
    /// All of them outlive this.
    BuiltInApplications(const farm::FarmConfig& config, const farm::Server& self,
                        Contents& contents)
        : config_(config), self_(self), contents_(contents) {}

    /// A gateway takes none: its program would not know what was said before (EP-49).
    std::unique_ptr<stack::Conversation> resume(std::uint16_t port, ByteView context) override;

  private:
    const farm::FarmConfig& config_;
    const farm::Server& self_;
    Contents& contents_;
};

}  // namespace shunt::node

// SPDX-License-Identifier: Apache-2.0
/// The neighbours that the judge plays, as ARP sees them: clients on the front, peers on the back.
#pragma once

#include <map>
#include <utility>

#include "iut/iut.hh"
#include "roles/wire.hh"

namespace conform {

class Router : public FrameListener {
  public:
    Router(Wire& wire, const Iut& iut);

    /// Takes every ARP message and answers requests for the addresses of the plan.
    bool hear(std::size_t number, const CapturedFrame& frame) override;

  private:
    Wire& wire_;
    std::map<std::pair<Link, Ipv4Address>, MacAddress> neighbours_;
};

}  // namespace conform

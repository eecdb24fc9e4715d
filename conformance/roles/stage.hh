// SPDX-License-Identifier: Apache-2.0
/// What a case has: a client, a peer server, the wire between them and the device, and a place for
/// what it finds.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/finding.hh"
#include "engine/random.hh"
#include "iut/iut.hh"
#include "roles/client.hh"
#include "roles/control_channel.hh"
#include "roles/peer.hh"
#include "roles/router.hh"
#include "roles/udp_client.hh"
#include "roles/upper_tester.hh"
#include "roles/wire.hh"

namespace conform {

/// The statement lacks what a case needs: verdict NOT-RUN, with the reason.
struct NotRunnable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Where a case acts: what tells it from others at the same device.
struct Place {
    /// The first client's port: others for every case that shares a device.
    std::uint16_t port = 0;
    /// The device is this case's alone, so whatever it sends is evidence.
    bool keeps_strangers = true;
    /// The control channels of the servers that we play are this case's own; else they are there
    /// already, and no matter of the case.
    bool has_channels = true;
};

class Stage {
  public:
    /// How many clients a case may open; the ports of the next case begin behind them.
    static constexpr std::uint16_t kPortsPerCase = 8;

    /// More requests to the upper tester than any case makes: those of a case begin at its port
    /// times this.
    static constexpr std::uint64_t kRequestsPerPort = 100'000;

    Stage(Attachment& attachment, const Iut& iut, Random random, const Place& place);
    ~Stage();

    /// Before the case: each peer has its control channel with the device, where the device claims
    /// to have any. Throws Violation if one does not come up.
    Task<> set_up();

    const Iut& iut() const { return iut_; }
    Wire& wire() { return wire_; }
    const std::vector<Finding>& findings() const { return findings_; }
    Random& random() { return random_; }
    bool has_extensions() const { return iut_.framing.has_extensions; }

    /// A client of this case, towards the device's first service. Each has the next port.
    Client& open_client(const ClientOffer& offer = {});
    /// The same, towards the first service of the peer that we play as its home.
    Client& open_client_of_peer(const ClientOffer& offer = {},
                                std::optional<Ipv4Address> address = {});
    /// One that has this address, whosever it is.
    Client& open_client_at(Ipv4Address address);
    /// A client with the address and port of `other`, towards the device's first service. From now
    /// on each of both hears its own service alone, whatever the device confuses.
    Client& open_rival(Client& other, const ClientOffer& offer = {});
    /// The same tuple once more: `other` hears nothing from now on.
    Client& open_successor(Client& other, const ClientOffer& offer = {});
    /// A server of the plan; throws NotRunnable if the plan has fewer.
    const ServerAddresses& server(std::size_t index) const;
    /// That server, hearing what concerns `client`.
    Peer& open_peer(const Client& client, std::size_t index = 0);
    Peer& open_peer(const UdpClient& client, std::size_t index = 0);
    /// A UDP client of the device, or of the peer that is `home`; throws NotRunnable if the plan
    /// names no UDP port.
    UdpClient& open_udp_client(std::optional<std::size_t> home = {});
    /// Its control channel; throws NotRunnable if the device claims to have none.
    ControlChannel& channel(std::size_t index = 0);
    /// Throws NotRunnable if nothing is known of one.
    UpperTester& upper_tester();

    auto sleep(Duration duration) { return wire_.scheduler().sleep(duration); }

    /// What has been sent on one link is with the device before what is sent on the other from here
    /// on: two links have no order between them but in virtual time.
    Task<> cross_links();

    /// The device answers an ICMP echo to its first service address: it is there and works. Asked
    /// again every 250 ms, for hosts limit how often they answer. The runner asks before and after
    /// every case; a case that judges a silence on its way asks around that, so that a dead device
    /// does not pass for an obedient one. Throws DeviceHangs.
    Task<> expect_alive(const char* when);
    /// The longest that an answer to it has taken: by so much the device, or the way to it, is
    /// late.
    Duration round_trip() const { return round_trip_; }

    /// The case goes on.
    void note(Finding finding) { findings_.push_back(std::move(finding)); }
    /// Notes a finding unless both are equal; the case goes on.
    void check(const char* requirement, const char* what, std::uint64_t expected,
               std::uint64_t actual, std::size_t frame);
    /// Notes a finding unless `is_so`.
    void check_that(bool is_so, const char* requirement, std::string expected, std::string actual,
                    std::size_t frame);

  private:
    class EchoListener;
    /// Whether a frame that no role takes is about a client of this case.
    bool concerns(const Frame& frame) const;
    Client& open_client_of(const ServerAddresses& home, Ipv4Address address,
                           const ClientOffer& offer);

    const Iut& iut_;
    Random random_;
    Place place_;
    Wire wire_;
    Router router_;
    UpperTester upper_tester_;
    std::unique_ptr<EchoListener> echo_;
    std::vector<std::unique_ptr<Client>> clients_;
    std::vector<std::unique_ptr<UdpClient>> udp_clients_;
    std::vector<std::unique_ptr<Peer>> peers_;
    std::vector<std::unique_ptr<ControlChannel>> channels_;
    std::vector<Finding> findings_;
    std::uint16_t echo_sequence_ = 0;
    Duration round_trip_{};
};

}  // namespace conform

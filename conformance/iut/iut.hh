// SPDX-License-Identifier: Apache-2.0
/// What is known about a device: what it claims (ICS) and how to test it (IXIT), as values.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attach/open.hh"
#include "engine/time.hh"
#include "pdu/address.hh"
#include "pdu/frame.hh"

namespace conform {

/// The conformance statement.
struct Statement {
    std::string name;
    std::vector<std::string> profiles;
    std::vector<std::string> roles;
    std::vector<std::string> options;

    bool has_profile(std::string_view profile) const { return contains(profiles, profile); }
    bool has_role(std::string_view role) const { return contains(roles, role); }
    bool has_option(std::string_view option) const { return contains(options, option); }

  private:
    static bool contains(const std::vector<std::string>& list, std::string_view wanted) {
        return std::find(list.begin(), list.end(), wanted) != list.end();
    }
};

/// A server of the farm (system page, "Parts and addresses"): the device, or a peer that the judge
/// plays.
/// Of a device with one link only `front_ip`, `front_mac` and `service` mean something.
struct ServerAddresses {
    std::string name;
    std::uint32_t id = 0;
    Ipv4Address front_ip;
    MacAddress front_mac;
    std::vector<Ipv4Address> service;
    std::vector<Ipv4Address> forward_ip;  ///< one per service IP, in the same order (SYS-2)
    Ipv4Address control_ip;
    MacAddress back_mac;

    bool has_forward_ip(Ipv4Address address) const {
        return std::find(forward_ip.begin(), forward_ip.end(), address) != forward_ip.end();
    }
};

struct TestTimers {
    /// How long the device may take to answer anything.
    Duration answer = std::chrono::milliseconds(1'000);
    /// How long nothing must come before silence is believed.
    Duration silence = std::chrono::milliseconds(1'000);
    /// By how much a clock of the device may differ from the judge's within a case.
    Duration tolerance = std::chrono::milliseconds(0);
    /// When the home gives a migration up (EP-6).
    Duration fall_back = std::chrono::milliseconds(750);
    /// How long a device that the judge starts may take until it says that it serves.
    Duration start = std::chrono::milliseconds(10'000);
};

/// What the client asks for in the first line of its HTTP request.
struct TestRequests {
    std::string local = "/bytes/64";      ///< served by whoever owns the endpoint
    std::string moved = "/s2/bytes/64";   ///< makes the device select the first peer
    std::string large = "/bytes/200000";  ///< as `local`, with 100,000 bytes or more
    /// Begins as `moved` does, and makes the device select the second peer all the same (SEL-2);
    /// empty: there is none.
    std::string deeper;
    /// Both peers have it, and the device has not; empty: there is none.
    std::string several;
    /// As `large`, with content that names its offset and the stream in every 16 bytes; `{stream}`
    /// in it is six hexadecimal digits; empty: there is none.
    std::string named;
    /// Takes a POST of such content, `{size}` bytes of it, and answers with status 200 where every
    /// byte is what it must be, with 400 or more where not; empty: there is none.
    std::string upload;
};

/// How the device's farm keeps sessions (system page, "Sessions").
struct TestSessions {
    std::string cookie = "SHUNT";
    Bytes key;  ///< of the tag, derived from the farm's secret; empty: not known
    Duration lifetime = std::chrono::hours(1);
};

/// A class of objects that the device has, and what one call of a fresh object gives (system page,
/// "Object model").
struct TestObjects {
    std::string class_name;  ///< empty: none is known
    Bytes arguments;
    Bytes call;
    Bytes result;
};

struct Iut {
    Statement statement;
    AttachmentAddress front;
    std::optional<AttachmentAddress> back;  ///< absent: a device with one link
    Framing framing;
    ServerAddresses device;
    std::uint16_t service_port = 80;
    std::uint16_t udp_port = 0;  ///< a UDP service that answers with what it got; 0: none
    /// Ports where `service_port`'s service is, too, and moves as blobs: confirmed, and eager
    /// (BL-14); 0: none.
    std::uint16_t blob_port = 0;
    std::uint16_t eager_port = 0;
    std::uint16_t front_mtu = 1500;
    std::uint16_t back_mtu = 1500;
    std::vector<Ipv4Address> clients;
    MacAddress client_mac;
    std::vector<ServerAddresses> peers;  ///< none: the device is no member of a farm
    TestTimers timers;
    TestRequests requests;
    TestSessions sessions;
    TestObjects objects;
    /// How many connections the device's Forward-Connect table holds (TAB-2); 0: not known.
    std::size_t forward_connect_bound = 0;
    /// How many cases may act on it at once, whatever is asked for; 0: not known.
    std::size_t conversations_bound = 0;
    std::string upper_tester;  ///< empty: the device is driven through the wire alone

    /// Where the upper tester has a way of its own: unix:PATH, command:PATH; else empty.
    std::string control_address() const {
        return upper_tester == "attachment" ? std::string() : upper_tester;
    }
};

}  // namespace conform

// SPDX-License-Identifier: Apache-2.0
/// Which streams the clients of a capture have asked for: "stream=0a1b2c" in the query of a
/// request's target (iut-toml page, `named` and `upload`).
#pragma once

#include <map>
#include <utility>

#include "oracle/heard_bytes.hh"
#include "oracle/named_stream.hh"
#include "pdu/capture.hh"

namespace conform {

/// Client and service.
using ConnectionKey = std::pair<SocketAddress, SocketAddress>;

using HeardConnections = std::map<ConnectionKey, HeardBytes>;

/// What is kept of a connection; null for one too many: a device chooses what its frames name.
HeardBytes* heard_of(HeardConnections& connections, const ConnectionKey& connection);

class RequestedStreams {
  public:
    explicit RequestedStreams(const Capture& capture);

    /// Whose bytes are which, for that connection.
    StreamOwners of(const ConnectionKey& connection) const;

  private:
    void read(const ConnectionKey& connection, const HeardBytes& client);
    void read(const ConnectionKey& connection, ByteView text);

    std::map<ConnectionKey, std::set<std::uint32_t>> streams_;
    std::map<std::uint32_t, std::string> owners_;
};

/// The streams that the request lines in `text` name, which may begin and end anywhere.
std::set<std::uint32_t> streams_named_in(ByteView text);

}  // namespace conform

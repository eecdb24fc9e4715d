// SPDX-License-Identifier: Apache-2.0
/// Content that names the connection which it is of, so that the oracle tells two of one case, or
/// of cases beside each other on one device, apart.
#pragma once

#include "pdu/named_block.hh"
#include "roles/stage.hh"

namespace conform {

/// The stream of this client: another one for each client of a run, as far as six digits go.
std::uint32_t stream_of(const Client& client);

/// The request for a large response: of the client's own stream where the device has such.
Bytes large_request(const Stage& stage, const Client& client);

/// A POST of content, head first.
struct Upload {
    Bytes head;
    Bytes body;

    Bytes bytes() const;
};

/// Of `size` bytes of the client's own stream, to the service that verifies them; throws
/// NotRunnable where the device has none.
Upload make_upload(const Stage& stage, const Client& client, std::size_t size);

/// The same to any target.
Upload make_upload_to(const std::string& target, const Client& client, std::size_t size);

/// The service refuses a body with one wrong byte, so that its 200 says something; throws
/// NotRunnable where it does not, Violation of `requirement` where it says nothing.
Task<> expect_verified(Stage& stage, const char* requirement);

}  // namespace conform

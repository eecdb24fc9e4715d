// SPDX-License-Identifier: Apache-2.0
#include "pdu/tls_hello.hh"

#include <algorithm>

namespace conform {
namespace {

constexpr std::uint8_t kClientHello = 1;
constexpr std::uint8_t kHandshake = 22;
constexpr std::uint16_t kTls10 = 0x0301;  // what records of a first hello say
constexpr std::uint16_t kTls12 = 0x0303;

void append_with_length(Bytes& bytes, ByteView content) {
    append_u16(bytes, static_cast<std::uint16_t>(content.size()));
    append(bytes, content);
}

}  // namespace

Bytes encode(const ClientHello& hello) {
    const Bytes ciphers = from_hex("c02f c030 009c 1301");
    const Bytes versions = from_hex("002b 0003 02 0304");
    Bytes body;
    append_u16(body, kTls12);
    append(body, hello.random);
    body.push_back(static_cast<std::uint8_t>(hello.session_id.size()));
    append(body, hello.session_id);
    append_with_length(body, ciphers);
    append(body, from_hex("01 00"));  // compression: none
    append_with_length(body, hello.is_of_tls13 ? versions : Bytes{});

    Bytes message = {kClientHello, 0};
    append_with_length(message, body);
    return message;
}

Bytes to_records(ByteView message, std::size_t size) {
    Bytes records;
    for (std::size_t at = 0; at < message.size(); at += size) {
        const ByteView piece = message.subspan(at, std::min(size, message.size() - at));
        records.push_back(kHandshake);
        append_u16(records, kTls10);
        append_with_length(records, piece);
    }
    return records;
}

}  // namespace conform

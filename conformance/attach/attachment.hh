// SPDX-License-Identifier: Apache-2.0
/// How the judge and a device are joined: frames on two links, and one time for both.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/bytes.hh"
#include "engine/time.hh"

namespace conform {

/// The two links of a server (system.md, Parts and addresses); the values are those of the unix:
/// attachment's link byte and the interface numbers in captures.
enum class Link : std::uint8_t { Front = 0, Back = 1 };

inline const char* to_string(Link link) {
    return link == Link::Front ? "front" : "back";
}

struct LinkFrame {
    Link link = Link::Front;
    Bytes bytes;
};

/// The device ended the conversation: verdict CRASH.
struct DeviceGone : std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// The device is there but does not answer what it must: verdict HANG.
struct DeviceHangs : std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// The device says what the attachment has no place for: verdict FAIL, for it is the device's
/// doing.
struct DeviceMisbehaves : std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// The harness could not attach or lost its own means: verdict ERROR.
struct AttachmentError : std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// What is asked for needs a privilege, or cannot be had in this way: exit 2.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// The user pressed the key: exit 130.
struct Interrupted : std::runtime_error {
    Interrupted() : std::runtime_error("interrupted") {}
};

class Attachment {
  public:
    Attachment() = default;
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;
    virtual ~Attachment() = default;

    virtual Time now() const = 0;
    virtual void send(Link link, ByteView frame) = 0;

    /// Lets the device work until it has sent something, at latest until `until`; what it sent, in
    /// order. Afterwards now() is when that was, or `until` if nothing came.
    virtual std::vector<LinkFrame> progress(Time until) = 0;

    /// How many frames of the device have been dropped so far because they were not taken in time.
    virtual std::uint64_t dropped() { return 0; }

    /// One line of JSON for the device's upper tester, where it is reached through the attachment.
    virtual void send_control(const std::string&) {
        throw AttachmentError("this attachment has no place for an upper tester");
    }
    /// The lines that its upper tester has said since the last call.
    virtual std::vector<std::string> take_control() { return {}; }
};

}  // namespace conform

// SPDX-License-Identifier: Apache-2.0
/// The farm's formats as libtins PDU classes, so that frames are written as
/// `EthernetII(..) / EncapsulationPdu(..) / ControlBlockPdu(..)`. Only pdu/*.cc and tests include
/// this: everybody else sees values.
#pragma once

#include <tins/pdu.h>

#include "pdu/encapsulation.hh"

namespace conform {

/// The 16 byte header. What follows is a child PDU, or RawPDU for payloads without a class.
/// Serializing computes the checksum (FRM-4), as libtins does for every header that has one.
class EncapsulationPdu : public Tins::PDU {
  public:
    // The name is libtins'. One value each: classes that share one corrupt its protocol bytes.
    static constexpr PDUType pdu_flag =  // NOLINT(readability-identifier-naming)
        static_cast<PDUType>(USER_DEFINED_PDU + 1);

    explicit EncapsulationPdu(const Encapsulation& header) : header_(header) {}
    /// Throws Tins::malformed_packet for less than 16 bytes; the rest becomes a RawPDU or, for
    /// type 0x01 with Protocol 1, ConnectionPdu.
    EncapsulationPdu(const std::uint8_t* buffer, std::uint32_t size);

    const Encapsulation& header() const { return header_; }

    std::uint32_t header_size() const override { return kEncapsulationHeaderSize; }
    EncapsulationPdu* clone() const override { return new EncapsulationPdu(*this); }
    PDUType pdu_type() const override { return pdu_flag; }

  private:
    void write_serialization(std::uint8_t* buffer, std::uint32_t size) override;
    Encapsulation header_;
};

/// Server IP and Server Port in front of the control block of 0x01.
class ConnectionPdu : public Tins::PDU {
  public:
    static constexpr PDUType pdu_flag =  // NOLINT(readability-identifier-naming)
        static_cast<PDUType>(USER_DEFINED_PDU + 2);
    static constexpr std::uint32_t kHeaderSize = 6;

    explicit ConnectionPdu(const SocketAddress& service) : service_(service) {}
    /// Throws Tins::malformed_packet for less than 6 bytes; the rest becomes a ControlBlockPdu.
    ConnectionPdu(const std::uint8_t* buffer, std::uint32_t size);

    const SocketAddress& service() const { return service_; }

    std::uint32_t header_size() const override { return kHeaderSize; }
    ConnectionPdu* clone() const override { return new ConnectionPdu(*this); }
    PDUType pdu_type() const override { return pdu_flag; }

  private:
    void write_serialization(std::uint8_t* buffer, std::uint32_t size) override;
    SocketAddress service_;
};

/// The 140 bytes.
class ControlBlockPdu : public Tins::PDU {
  public:
    static constexpr PDUType pdu_flag =  // NOLINT(readability-identifier-naming)
        static_cast<PDUType>(USER_DEFINED_PDU + 3);

    explicit ControlBlockPdu(const ControlBlock& block) : block_(block) {}
    /// Throws Tins::malformed_packet for less than 140 bytes; bytes behind them become a RawPDU.
    ControlBlockPdu(const std::uint8_t* buffer, std::uint32_t size);

    const ControlBlock& block() const { return block_; }

    std::uint32_t header_size() const override { return kControlBlockSize; }
    ControlBlockPdu* clone() const override { return new ControlBlockPdu(*this); }
    PDUType pdu_type() const override { return pdu_flag; }

  private:
    void write_serialization(std::uint8_t* buffer, std::uint32_t size) override;
    ControlBlock block_;
};

}  // namespace conform

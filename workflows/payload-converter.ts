import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common'

/**
 * As everywhere, except that a payload which can't be read is handed on as its bytes. In the Web UI people choose an encoding
 * for what they type, and one that does not fit must be refused by the run: thrown here, it would fail its workflow task again
 * and again.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload: (payload) => {
    try {
      return defaultPayloadConverter.fromPayload(payload)
    } catch {
      return bytesOf(payload) as never
    }
  },
}

function bytesOf({ data }: Payload): Uint8Array {
  return data ?? new Uint8Array()
}

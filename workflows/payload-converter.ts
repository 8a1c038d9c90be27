import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/common'

/**
 * The default converter, except that an unreadable payload becomes its bytes. In the Web UI, a person chooses an encoding for the
 * payload of a signal. The run must refuse a wrong encoding; an error thrown here would fail its workflow task again and again.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload: (payload) => {
    try {
      return defaultPayloadConverter.fromPayload(payload)
    } catch {
      return (payload.data ?? new Uint8Array()) as never
    }
  },
}

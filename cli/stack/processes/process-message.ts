import { z } from 'zod'

const schema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('warning'), line: z.string() }),
  z.object({
    type: z.literal('failed'),
    failures: z.array(z.object({ message: z.string(), nextAction: z.string() })),
  }),
])

/**
 * What one of our own processes tells the one that started it: that it is ready, what is not as it should be, or why it
 * can't go on.
 */
export type ProcessMessage = z.infer<typeof schema>

export function readMessage(message: unknown): ProcessMessage | undefined {
  return schema.safeParse(message).data
}

/** Resolves when the message is on its way, or when there is nobody to tell. */
export async function tellParent(message: ProcessMessage): Promise<void> {
  if (!process.connected) return
  await new Promise<void>((resolve) => process.send?.(message, undefined, {}, () => resolve()))
}

import { z } from 'zod'

const schema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('warning'), line: z.string() }),
  z.object({
    type: z.literal('failed'),
    failures: z.array(z.object({ message: z.string(), nextAction: z.string() })),
  }),
])

/** A message of one of our processes to its parent: it is ready, a warning, or the failures that stop it. */
export type ProcessMessage = z.infer<typeof schema>

export function readMessage(message: unknown): ProcessMessage | undefined {
  return schema.safeParse(message).data
}

/** Resolves when the message is sent, or at once without a parent. */
export async function tellParent(message: ProcessMessage): Promise<void> {
  if (!process.connected) return
  await new Promise<void>((resolve) => process.send?.(message, undefined, {}, () => resolve()))
}

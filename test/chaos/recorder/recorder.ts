import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { waitUntil } from '../../../cli/stack/processes/wait-until.ts'
import type { PlannedRequest } from '../scenario/requests.ts'
import { type Asked, type Books, type Told, told as toldSchema } from './recorder-messages.ts'

/** The other end: the mail server and the billing provider, in a process that nothing is done to. */
export interface Recorder {
  smtpUrl: string
  billingUrl: string
  /** Tells it what is to go wrong with these. */
  expect(requests: readonly PlannedRequest[]): void
  /** Waits until it holds one of these. @returns which. @throws Error when none comes in four minutes. */
  holding(names: readonly string[]): Promise<string>
  release(): void
  calm(): void
  read(): Promise<Books>
  stop(): Promise<void>
}

export async function startRecorder(secret: string): Promise<Recorder> {
  const child = fork(fileURLToPath(new URL('recorder-process.ts', import.meta.url)), {
    env: { ...process.env, BILLING_HTTP_SECRET: secret },
    execArgv: [],
  })
  const held = new Set<string>()
  const readers: ((books: Books) => void)[] = []
  const ready = Promise.withResolvers<Told & { type: 'ready' }>()
  child.once('exit', (code) => ready.reject(new Error(`The recorder ended with ${code}.`)))
  child.on('message', (raw: unknown) => {
    const told = toldSchema.parse(raw)
    if (told.type === 'ready') ready.resolve(told)
    if (told.type === 'held') held.add(told.name)
    if (told.type === 'gone') held.delete(told.name)
    if (told.type === 'books') for (const take of readers.splice(0)) take(told.books)
  })
  const ask = (asked: Asked) => void child.send(asked)
  const { smtpUrl, billingUrl } = await ready.promise
  return {
    smtpUrl,
    billingUrl,
    expect: (requests) => ask({ type: 'expect', requests: [...requests] }),
    async holding(names) {
      const found = () => names.find((name) => held.has(name))
      const gaveUp = () => new Error(`Nobody came to be held of ${names.join(', ')}.`)
      await waitUntil(async () => found() !== undefined, { withinMs: 240_000, gaveUp })
      return found() ?? ''
    },
    release: () => ask({ type: 'release' }),
    calm: () => ask({ type: 'calm' }),
    read: () =>
      new Promise((resolve) => {
        readers.push(resolve)
        ask({ type: 'read' })
      }),
    async stop() {
      if (!child.connected) return
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

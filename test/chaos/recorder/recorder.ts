import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { waitUntil } from '../../../cli/stack/processes/wait-until.ts'
import type { PlannedRequest } from '../scenario/requests.ts'
import { type Books, type RecorderCommand, type RecorderReport, recorderReport } from './recorder-messages.ts'

export type Recorder = Awaited<ReturnType<typeof startRecorder>>

const holdMs = 240_000

/**
 * Starts the mail server and the billing provider of a chaos run, in a process without faults.
 * @param secret the secret that signs the calls of the billing adapter `http`.
 * @throws Error when the process ends before it is ready.
 */
export async function startRecorder(secret: string) {
  const child = fork(fileURLToPath(new URL('recorder-process.ts', import.meta.url)), {
    env: { ...process.env, BILLING_HTTP_SECRET: secret },
    execArgv: [],
  })
  const held = new Set<string>()
  const readers: ((books: Books) => void)[] = []
  const ready = Promise.withResolvers<RecorderReport & { type: 'ready' }>()
  child.once('exit', (code) => ready.reject(new Error(`The recorder ended with ${code}.`)))
  child.on('message', (message: unknown) => {
    const report = recorderReport.parse(message)
    if (report.type === 'ready') ready.resolve(report)
    if (report.type === 'held') held.add(report.name)
    if (report.type === 'ended') held.delete(report.name)
    if (report.type === 'books') for (const resolve of readers.splice(0)) resolve(report.books)
  })
  const send = (command: RecorderCommand) => void child.send(command)
  const { smtpUrl, billingUrl } = await ready.promise
  return {
    smtpUrl,
    billingUrl,
    /** Announces requests, so that their calls get the planned faults. */
    expectRequests: (requests: readonly PlannedRequest[]) =>
      send({ type: 'expect', requests: [...requests] }),
    /**
     * Waits until a call for one of these requests is held.
     * @returns the name of that request.
     * @throws Error when no call is held within four minutes.
     */
    async waitUntilHeld(names: readonly string[]): Promise<string> {
      const findHeld = () => names.find((name) => held.has(name))
      const gaveUp = () => new Error(`No call was held for ${names.join(', ')}.`)
      await waitUntil(async () => findHeld() !== undefined, { withinMs: holdMs, gaveUp })
      return findHeld() ?? ''
    },
    /** Answers all held calls. */
    release: () => send({ type: 'release' }),
    /** Holds no more calls except usage reports. */
    stopHolding: () => send({ type: 'stopHolding' }),
    /** @returns what arrived so far. */
    read: () =>
      new Promise<Books>((resolve) => {
        readers.push(resolve)
        send({ type: 'read' })
      }),
    async stop(): Promise<void> {
      if (!child.connected) return
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

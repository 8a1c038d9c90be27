import type { Notifier, Plugin, WebhookRequest } from '../../plugin-contract.ts'
import { type Check, ensure } from '../check.ts'

/** A notifier that connects to a server over TCP, such as a mail server. The kit puts a proxy between the two. */
export interface NotifierSubject {
  /** The address of the server that the tests use, such as `smtp://127.0.0.1:2525`. The server stores the messages that it gets. */
  providerUrl: string
  /** Returns the plug-in, set to the server at this address. The kit checks its first notifier. */
  connect(providerUrl: string): Plugin
  /** As `connect`, with credentials that the server refuses. */
  connectWithWrongCredentials(providerUrl: string): Plugin
  /** The number of messages that have arrived. A message counts before the server confirms it. */
  countEffects(): Promise<number>
  /** An address that the server refuses. */
  unknownRecipient: string
  /** Keys and passwords that no error may quote. */
  secrets: readonly string[]
  /** Requests like those with which the provider reports on deliveries. Leave it out for a notifier without delivery reports. */
  reports?: {
    /** A report that this message bounced. */
    bounced(message: { messageId: string; email: string }): WebhookRequest
    /** The same report by a sender without the secret or the signing key. */
    forged(message: { messageId: string; email: string }): WebhookRequest
    /** A genuine request that is not a delivery report. */
    unrelated(): WebhookRequest
  }
  /** The milliseconds that the notifier waits for the server. Set it low for the tests. */
  patience: number
}

/** A check whose body gets the notifier, connected to the server. */
export function checkWith(
  subject: NotifierSubject,
  name: string,
  body: (notifier: Notifier) => Promise<void>,
): Check {
  return { name, run: () => withNotifier(subject.connect(subject.providerUrl), body) }
}

/** Gives `body` the first notifier of the plug-in, and closes the plug-in afterwards. */
export async function withNotifier<Result>(
  plugin: Plugin,
  body: (notifier: Notifier) => Promise<Result>,
): Promise<Result> {
  const notifier = plugin.notifiers?.[0]
  ensure(notifier !== undefined, `The plug-in "${plugin.name}" brings no notifier.`)
  try {
    return await body(notifier)
  } finally {
    await plugin.close?.()
  }
}

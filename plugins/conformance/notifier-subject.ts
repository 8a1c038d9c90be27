import type { Notifier, Plugin, WebhookRequest } from '../plugin-contract.ts'
import { ensure } from './check.ts'
import { closedPort } from './closed-port.ts'

/** A notifier that talks to a server over TCP, such as a mail server. The kit puts a proxy of its own in between. */
export interface NotifierSubject {
  /** Where the server that the tests use listens, such as `smtp://127.0.0.1:2525`. It keeps what it gets. */
  providerUrl: string
  /** The plug-in with its server at this address. Its first notifier is checked. */
  connect(providerUrl: string): Plugin
  /** The same with credentials that the server refuses. */
  connectWithWrongCredentials(providerUrl: string): Plugin
  /** How many messages arrived up to now. A message counts before the server answers that it has it. */
  countEffects(): Promise<number>
  /** An address that the server refuses. */
  unknownRecipient: string
  /** Keys and passwords that no error may quote. */
  secrets: readonly string[]
  /** How its provider tells what became of a message; left out for a notifier that takes no such reports. */
  reports?: {
    /** That this message came back for good. */
    bounced(message: { messageId: string; email: string }): WebhookRequest
    /** The same by somebody who does not know the secret, or has no key to sign with. */
    forged(message: { messageId: string; email: string }): WebhookRequest
    /** Something else that may come in there. */
    unrelated(): WebhookRequest
  }
  /** Milliseconds after which the notifier gives up waiting; set it low for the tests. */
  patience: number
}

/** The notifier that a plug-in brings, for as long as `body` runs. */
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

/** The server's address, with nobody there. */
export async function down({ providerUrl }: NotifierSubject): Promise<string> {
  const url = new URL(providerUrl)
  url.port = String(await closedPort())
  return url.href
}

/** Well beyond the notifier's patience, in milliseconds. */
export function limit({ patience }: NotifierSubject): number {
  return patience * 4 + 5_000
}

import type { BillingTrouble, MailTrouble, TroubledCall } from '../scenario/troubles.ts'
import type { Asked, Books, Told } from './recorder-messages.ts'

/** Whom trouble awaits, and who is held by it. */
export interface TroubleMaker {
  injections: Books['injections']
  hear(asked: Asked): void
  /** The organization was made for the request of this name. */
  knows(organizationId: string, name: string): void
  /** What goes wrong with this call, if anything: it is said once. */
  ofCall(call: string, organizationId: string): BillingTrouble | undefined
  ofMessage(email: string): MailTrouble | undefined
  /** Holds whoever this is done for until all are released. @returns how to end it when they have gone away. */
  hold(about: { organizationId: string } | { email: string }, goOn: () => void): () => void
}

export function createTroubleMaker(tell: (told: Told) => void): TroubleMaker {
  const requests = new Map<string, (Asked & { type: 'expect' })['requests'][number]>()
  const nameOfEmail = new Map<string, string>()
  const nameOfOrganization = new Map<string, string>()
  const held = new Map<() => void, string>()
  const injections: Books['injections'] = []

  const note = <Kind extends string>(party: 'billing' | 'mail', name: string, kind: Kind): Kind => {
    injections.push({ party, kind, name })
    return kind
  }

  return {
    injections,
    hear(asked) {
      if (asked.type === 'expect') {
        for (const request of asked.requests) {
          requests.set(request.name, request)
          const email = request.body.user?.email.toLowerCase()
          if (email !== undefined) nameOfEmail.set(email, request.name)
        }
      }
      if (asked.type === 'release') {
        for (const [goOn, name] of held) {
          held.delete(goOn)
          tell({ type: 'gone', name })
          goOn()
        }
      }
      if (asked.type === 'calm') {
        for (const { troubles } of requests.values()) {
          // What else awaits an account that comes late is met all the same: people look after it.
          troubles.billing = troubles.billing.filter(
            ({ call, kind }) => call === 'reportUsage' || kind !== 'held',
          )
          troubles.mail = troubles.mail.filter((kind) => kind !== 'held')
        }
      }
    },
    knows(organizationId, name) {
      // A person may correct the name later on.
      if (!nameOfOrganization.has(organizationId)) nameOfOrganization.set(organizationId, name)
    },
    ofCall(call, organizationId) {
      const name = nameOfOrganization.get(organizationId) ?? ''
      const awaiting = requests.get(name)?.troubles.billing ?? []
      const index = awaiting.findIndex((trouble) => trouble.call === (call as TroubledCall))
      const [trouble] = index < 0 ? [] : awaiting.splice(index, 1)
      return trouble === undefined ? undefined : note('billing', name, trouble.kind)
    },
    ofMessage(email) {
      const name = nameOfEmail.get(email) ?? ''
      const kind = requests.get(name)?.troubles.mail.shift()
      return kind === undefined ? undefined : note('mail', name, kind)
    },
    hold(about, goOn) {
      const name =
        ('email' in about ? nameOfEmail.get(about.email) : nameOfOrganization.get(about.organizationId)) ?? ''
      held.set(goOn, name)
      tell({ type: 'held', name })
      return () => {
        if (held.delete(goOn)) tell({ type: 'gone', name })
      }
    },
  }
}

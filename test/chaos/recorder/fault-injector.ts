import type { BillingFault, MailFault } from '../scenario/call-faults.ts'
import type { Books, RecorderCommand, RecorderReport } from './recorder-messages.ts'

export type FaultInjector = ReturnType<typeof createFaultInjector>

/** Decides which calls fail, and holds calls. */
export function createFaultInjector(report: (message: RecorderReport) => void) {
  const requests = new Map<string, (RecorderCommand & { type: 'expect' })['requests'][number]>()
  const nameOfEmail = new Map<string, string>()
  const nameOfOrganization = new Map<string, string>()
  const held = new Map<() => void, string>()
  const injections: Books['injections'] = []

  const note = <Kind extends string>(provider: 'billing' | 'mail', name: string, kind: Kind): Kind => {
    injections.push({ provider, kind, name })
    return kind
  }

  return {
    /** The call faults that occurred so far. */
    injections,
    handle(command: RecorderCommand): void {
      if (command.type === 'expect') {
        for (const request of command.requests) {
          requests.set(request.name, request)
          const email = request.body.user?.email.toLowerCase()
          if (email !== undefined) nameOfEmail.set(email, request.name)
        }
      }
      if (command.type === 'release') {
        for (const [answer, name] of held) {
          held.delete(answer)
          report({ type: 'ended', name })
          answer()
        }
      }
      if (command.type === 'stopHolding') {
        for (const { callFaults } of requests.values()) {
          // Other faults still occur: support decides on the runs that they leave stuck.
          callFaults.billing = callFaults.billing.filter(
            ({ call, kind }) => call === 'reportUsage' || kind !== 'held',
          )
          callFaults.mail = callFaults.mail.filter((kind) => kind !== 'held')
        }
      }
    },
    /** Notes that the organization belongs to the request with this name. */
    noteOrganization(organizationId: string, name: string): void {
      // The first name counts: a later call has the corrected name of the company.
      if (!nameOfOrganization.has(organizationId)) nameOfOrganization.set(organizationId, name)
    },
    /** Takes the next fault of this call to the billing provider. @returns undefined if the call has no fault. */
    takeBillingFault(call: string, organizationId: string): BillingFault | undefined {
      const name = nameOfOrganization.get(organizationId) ?? ''
      const remaining = requests.get(name)?.callFaults.billing ?? []
      const index = remaining.findIndex((fault) => fault.call === call)
      const [fault] = index < 0 ? [] : remaining.splice(index, 1)
      return fault === undefined ? undefined : note('billing', name, fault.kind)
    },
    /** Takes the next fault of a message to this recipient. @returns undefined if the message has no fault. */
    takeMailFault(email: string): MailFault | undefined {
      const name = nameOfEmail.get(email) ?? ''
      const kind = requests.get(name)?.callFaults.mail.shift()
      return kind === undefined ? undefined : note('mail', name, kind)
    },
    /**
     * Holds a call until the command `release`.
     * @param answer is called at the release.
     * @returns a function to call when the connection is closed, which ends the hold.
     */
    hold(subject: { organizationId: string } | { email: string }, answer: () => void): () => void {
      const name =
        ('email' in subject
          ? nameOfEmail.get(subject.email)
          : nameOfOrganization.get(subject.organizationId)) ?? ''
      held.set(answer, name)
      report({ type: 'held', name })
      return () => {
        if (held.delete(answer)) report({ type: 'ended', name })
      }
    },
  }
}

import type {
  BillingAdapter,
  BillingEvent,
  BillingUsage,
  IssuedInvoice,
} from '../../plugins/plugin-contract.ts'
import { StepError } from '../../plugins/plugin-contract.ts'

/** A fake of an external billing provider, with its adapter. */
export interface RemoteProvider {
  adapter: BillingAdapter
  /** The issued credit notes. */
  credits: IssuedInvoice[]
  /** The reported usage, by `<subscription> <month>`. */
  usage: Map<string, BillingUsage>
  /** The next call has its effect, but its answer is lost. */
  loseNextAnswer(): void
  /** Changes each credit note before it is issued, or delays it. */
  alter: (creditNote: IssuedInvoice) => IssuedInvoice | Promise<IssuedInvoice>
}

const notAsked = () => Promise.reject(new Error('No test asks for this'))

/**
 * Makes a fake provider. It issues every credit note that it is asked for, reads usage, and reads the JSON of an event as a webhook;
 * every other call throws. It forgets every idempotency key at once, and `find` still knows the call.
 * @param id of the adapter.
 */
export function remoteProvider(id: string): RemoteProvider {
  const done = new Map<string, { externalId: string; creditNote: IssuedInvoice }>()
  const credits: IssuedInvoice[] = []
  const usage = new Map<string, BillingUsage>()
  let lost = false
  const provider: RemoteProvider = {
    credits,
    alter: (creditNote) => creditNote,
    usage,
    loseNextAnswer() {
      lost = true
    },
    adapter: {
      id,
      capabilities: { transactional: false },
      check: async () => undefined,
      preview: () => ({ summary: 'Bill elsewhere.' }),
      ensureCustomer: notAsked,
      updateCustomer: notAsked,
      ensureSubscription: notAsked,
      changePlan: notAsked,
      reportUsage: notAsked,
      cancel: notAsked,
      readUsage: async (_, { subscription, month }) => usage.get(`${subscription.externalId} ${month}`),
      find: async ({ idempotencyKey }) => done.get(idempotencyKey),
      async creditInvoice({ idempotencyKey }, { invoice, amount, reason }) {
        const externalId = `note-${idempotencyKey}`
        const creditNote = await provider.alter({
          externalId,
          kind: 'credit_note',
          number: `N-${credits.length + 1}`,
          corrects: invoice.externalId,
          currency: invoice.currency,
          lines: [{ description: reason, quantity: 1, unitAmount: -amount, amount: -amount }],
          total: -amount,
          issuedAt: new Date('2026-11-02T00:00:00Z'),
        })
        const answer = { externalId, creditNote }
        credits.push(creditNote)
        done.set(idempotencyKey, answer)
        if (lost) {
          lost = false
          throw new StepError({
            class: 'unknown_outcome',
            code: 'no_answer',
            message: 'The provider gave no answer.',
            nextAction: 'Try again.',
          })
        }
        return answer
      },
      parseWebhook: ({ body }) => {
        const event: BillingEvent = JSON.parse(body)
        if (event.type !== 'invoice_issued') return event
        return { ...event, invoice: { ...event.invoice, issuedAt: new Date(event.invoice.issuedAt) } }
      },
    },
  }
  return provider
}

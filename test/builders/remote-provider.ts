import type { BillingAdapter, BillingUsage, IssuedInvoice } from '../../plugins/plugin-contract.ts'
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
}

const notAsked = () => Promise.reject(new Error('No test asks for this'))

/** Makes a fake provider. It supports credit notes and reading usage; every other call throws. @param id of the adapter. */
export function remoteProvider(id: string): RemoteProvider {
  const done = new Map<string, { externalId: string; creditNote: IssuedInvoice }>()
  const credits: IssuedInvoice[] = []
  const usage = new Map<string, BillingUsage>()
  let lost = false
  return {
    credits,
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
      ensureSubscription: notAsked,
      changePlan: notAsked,
      reportUsage: notAsked,
      cancel: notAsked,
      readUsage: async (_, { subscription, month }) => usage.get(`${subscription.externalId} ${month}`),
      find: async ({ idempotencyKey }) => done.get(idempotencyKey),
      async creditInvoice({ idempotencyKey }, { invoice, amount, reason }) {
        const externalId = `note-${idempotencyKey}`
        const creditNote: IssuedInvoice = {
          externalId,
          kind: 'credit_note',
          number: `N-${credits.length + 1}`,
          corrects: invoice.externalId,
          currency: invoice.currency,
          lines: [{ description: reason, quantity: 1, unitAmount: -amount, amount: -amount }],
          total: -amount,
          issuedAt: new Date('2026-11-02T00:00:00Z'),
        }
        const answer = done.get(idempotencyKey) ?? { externalId, creditNote }
        if (!done.has(idempotencyKey)) credits.push(creditNote)
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
    },
  }
}

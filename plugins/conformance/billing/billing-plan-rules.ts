import type { IssuedInvoice } from '../../plugin-contract.ts'
import { lastMonth, newInvoice, newSubscription, newKey, purchased, trial, usage } from './billing-methods.ts'
import type { Harness } from './billing-harness.ts'
import { type Check, expectEffects, ensure, ensureSame } from '../check.ts'
import { failureOf } from '../faults/failures.ts'

/** Rules for plan changes, usage, the end of a subscription, and credit notes. */
export function planRules(harness: Harness): Check[] {
  return [
    harness.check(
      'changePlan works in both directions, and the subscription can be billed afterwards',
      async (callAdapter) => {
        let subscription = await newSubscription(callAdapter, trial)
        const changes = [
          { from: trial, to: purchased },
          { from: purchased, to: trial },
          { from: trial, to: purchased },
        ]
        for (const { from, to } of changes) {
          const { externalId } = await callAdapter((target, call) =>
            target.changePlan(call, { subscription, from, to }),
          )
          ensure(externalId !== '', 'changePlan returned no externalId.')
          subscription = { ...subscription, externalId }
        }
        const report = { subscription, month: lastMonth() }
        await callAdapter((target, call) => target.reportUsage(call, { ...report, usage, converted: 0 }))
        const read = await callAdapter((target, call) => target.readUsage(call, report))
        ensureSame(read, usage, 'The usage read after plan changes')
      },
    ),
    harness.check(
      'usage reported twice with the same key is billed once, and readUsage returns it',
      async (callAdapter) => {
        const subscription = await newSubscription(callAdapter, purchased)
        const report = { subscription, month: lastMonth() }
        const key = newKey()
        for (let time = 0; time < 2; time += 1)
          await callAdapter(
            (target, call) => target.reportUsage(call, { ...report, usage, converted: 0 }),
            key,
          )
        const read = await callAdapter((target, call) => target.readUsage(call, report))
        ensureSame(read, usage, 'The usage read after it was reported twice')
      },
    ),
    harness.check('a second report of a month is billed in addition to the first', async (callAdapter) => {
      const subscription = await newSubscription(callAdapter, purchased)
      const report = { subscription, month: lastMonth() }
      const [first, second] = [{ trial: 2, purchased: 0 }, usage]
      await callAdapter((target, call) => target.reportUsage(call, { ...report, usage: first, converted: 0 }))
      await callAdapter((target, call) =>
        target.reportUsage(call, { ...report, usage: second, converted: first.trial }),
      )
      const read = await callAdapter((target, call) => target.readUsage(call, report))
      const sum = { trial: first.trial + second.trial, purchased: first.purchased + second.purchased }
      ensureSame(read, sum, 'The usage read after two reports')
    }),
    harness.check('cancel succeeds for a subscription that has ended', async (callAdapter) => {
      const subscription = await newSubscription(callAdapter, purchased)
      for (let time = 0; time < 2; time += 1)
        await callAdapter((target, call) => target.cancel(call, subscription))
    }),
    harness.check('an invoice adds up, and a credit note corrects it', async (callAdapter, adapter) => {
      const billed = await newInvoice(callAdapter, adapter)
      if (billed === undefined) return
      const { invoice } = billed
      ensureSame(invoice.kind, 'invoice', 'The kind of the invoice that reportUsage returns')
      ensureAddsUp(invoice)
      const amount = Math.max(1, Math.floor(invoice.total / 2))
      const credited = await callAdapter(async (target, call) =>
        target.creditInvoice?.(call, { ...billed, amount, reason: 'Conformance' }),
      )
      ensure(credited !== undefined, 'creditInvoice returned nothing.')
      const { creditNote } = credited
      ensureSame(creditNote.kind, 'credit_note', 'The kind of the credit note that creditInvoice returns')
      ensureSame(creditNote.corrects, invoice.externalId, 'The invoice that the credit note corrects')
      ensureSame(creditNote.total, -amount, 'The total of a credit note')
      ensureAddsUp(creditNote)
    }),
    harness.check(
      'creditInvoice refuses more than the total of the invoice less earlier credit notes',
      async (callAdapter, adapter) => {
        const billed = await newInvoice(callAdapter, adapter)
        if (billed === undefined) return
        const { total } = billed.invoice
        const credit = (amount: number) =>
          callAdapter(async (target, call) =>
            target.creditInvoice?.(call, { ...billed, amount, reason: 'Conformance' }),
          )
        await credit(total)
        await expectEffects(harness, 0, 'A credit beyond the total', () =>
          failureOf(() => credit(1), {
            when: 'Credited by more than is left of the invoice',
            classes: ['needs_input', 'terminal'],
          }),
        )
      },
    ),
  ]
}

function ensureAddsUp({ kind, lines, total, currency, issuedAt }: IssuedInvoice): void {
  ensure(/^[A-Z]{3}$/.test(currency), `The currency of the ${kind} is not ISO 4217: ${currency}.`)
  ensure(issuedAt instanceof Date, `issuedAt of the ${kind} is not a Date.`)
  for (const { quantity, unitAmount, amount } of lines) {
    ensure(
      [quantity, unitAmount, amount].every((number) => Number.isSafeInteger(number)),
      `A line of the ${kind} has numbers that are not whole.`,
    )
    ensureSame(amount, quantity * unitAmount, `The amount of a line of the ${kind}`)
  }
  const sum = lines.reduce((before, { amount }) => before + amount, 0)
  ensureSame(total, sum, `The total of the ${kind}`)
}

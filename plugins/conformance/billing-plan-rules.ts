import type { IssuedInvoice } from '../plugin-contract.ts'
import { anInvoice, aSubscription, newKey, purchased, trial, usage } from './billing-operations.ts'
import type { Stage } from './billing-stage.ts'
import { type Check, countingEffects, ensure, ensureSame } from './check.ts'
import { failureOf } from './failures.ts'
import { lastMonth } from './last-month.ts'

const within = 10_000

/** What happens to a subscription over its life. */
export function planRules(stage: Stage): Check[] {
  return [
    {
      name: 'a plan is changed there and back, and the subscription can be billed afterwards',
      run: () =>
        stage.on(async (adapter, calling) => {
          let subscription = await aSubscription(adapter, calling, trial)
          const changes = [
            { from: trial, to: purchased },
            { from: purchased, to: trial },
            { from: trial, to: purchased },
          ]
          for (const { from, to } of changes) {
            const { externalId } = await calling(adapter, newKey(), (on, call) =>
              on.changePlan(call, { subscription, from, to }),
            )
            ensure(externalId !== '', 'changePlan answers no externalId.')
            subscription = { ...subscription, externalId }
          }
          const report = { subscription, month: lastMonth() }
          await calling(adapter, newKey(), (on, call) => on.reportUsage(call, { ...report, usage }))
          const read = await calling(adapter, newKey(), (on, call) => on.readUsage(call, report))
          ensureSame(read, usage, 'The usage read after plan changes')
        }),
    },
    {
      name: 'usage reported twice with one key is billed once, and readUsage shows it',
      run: () =>
        stage.on(async (adapter, calling) => {
          const subscription = await aSubscription(adapter, calling, purchased)
          const report = { subscription, month: lastMonth() }
          const key = newKey()
          for (let time = 0; time < 2; time += 1)
            await calling(adapter, key, (on, call) => on.reportUsage(call, { ...report, usage }))
          const read = await calling(adapter, newKey(), (on, call) => on.readUsage(call, report))
          ensureSame(read, usage, 'The usage read after it was reported twice')
        }),
    },
    {
      name: 'ending a subscription that has ended is harmless',
      run: () =>
        stage.on(async (adapter, calling) => {
          const subscription = await aSubscription(adapter, calling, purchased)
          for (let time = 0; time < 2; time += 1)
            await calling(adapter, newKey(), (on, call) => on.cancel(call, subscription))
        }),
    },
    {
      name: 'an invoice adds up, and a credit note corrects it',
      run: () =>
        stage.on(async (adapter, calling) => {
          const billed = await anInvoice(adapter, calling)
          if (billed === undefined) return
          const { invoice } = billed
          ensureSame(invoice.kind, 'invoice', 'The kind of what reportUsage answers')
          ensureAddsUp(invoice)
          const amount = Math.max(1, Math.floor(invoice.total / 2))
          const credited = await calling(adapter, newKey(), async (on, call) =>
            on.creditInvoice?.(call, { ...billed, amount, reason: 'Conformance' }),
          )
          ensure(credited !== undefined, 'creditInvoice answers nothing.')
          const { creditNote } = credited
          ensureSame(creditNote.kind, 'credit_note', 'The kind of what creditInvoice answers')
          ensureSame(creditNote.corrects, invoice.externalId, 'What the credit note corrects')
          ensureSame(creditNote.total, -amount, 'The total of a credit note')
          ensureAddsUp(creditNote)
        }),
    },
    {
      name: 'an invoice is not credited by more than its total, earlier credit notes included',
      run: () =>
        stage.on(async (adapter, calling) => {
          const billed = await anInvoice(adapter, calling)
          if (billed === undefined) return
          const { total } = billed.invoice
          const credit = (amount: number) =>
            calling(adapter, newKey(), async (on, call) =>
              on.creditInvoice?.(call, { ...billed, amount, reason: 'Conformance' }),
            )
          await credit(total)
          await countingEffects(stage, 0, 'A credit beyond the total', () =>
            failureOf(() => credit(1), {
              when: 'Credited by more than is left of the invoice',
              classes: ['needs_input', 'terminal'],
              within,
            }),
          )
        }),
    },
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

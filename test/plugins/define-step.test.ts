import { createOrganization, createUser, provisionLicenses } from 'tenantry/accounts'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  type AddAccountRequest,
  defineStep,
  type ExternalStep,
  type RunRequests,
  type TransactionalStep,
} from 'tenantry'

/** Properties that every step needs. */
const base = {
  id: 'probe',
  version: 1,
  title: 'Probe',
  undo: 'keep',
  preview: () => ({ summary: 'Probe.' }),
} as const
const nothing = z.object({})
const execute = async () => ({ output: {} })

describe('the body of a step', () => {
  test('gets the outputs of the steps that it needs, and its own fields of the request', () => {
    const step = defineStep({
      ...base,
      placement: 'external',
      needs: [createUser, provisionLicenses],
      input: z.object({ parentId: z.string() }),
      output: nothing,
      async execute(_, input) {
        expectTypeOf(input).toEqualTypeOf<{ parentId: string; userId: string; allocated: number | null }>()
        // @ts-expect-error -- the field is in no output of a needed step
        expect(input.organizationId).toBeUndefined()
        return { output: {} }
      },
    })
    expect(step.input.parse({ parentId: 'org_1', userId: 'usr_1', allocated: 5, user: {} })).toEqual({
      parentId: 'org_1',
      userId: 'usr_1',
      allocated: 5,
    })
  })

  test('gets only the outputs when its input has no fields', () => {
    defineStep({
      ...base,
      placement: 'external',
      needs: [createUser],
      input: nothing,
      output: nothing,
      async execute(_, input) {
        expectTypeOf(input).toEqualTypeOf<{ userId: string }>()
        return { output: {} }
      },
    })
  })

  test('gets only the fields of its input when it needs no step', () => {
    defineStep({
      ...base,
      placement: 'external',
      input: z.object({ type: z.string() }),
      output: nothing,
      async execute(_, input) {
        expectTypeOf(input).toEqualTypeOf<{ type: string }>()
        return { output: {} }
      },
    })
  })

  test('has our transaction when it is transactional, and none when it is external', () => {
    const parts = { ...base, input: nothing, output: nothing }
    const inside = defineStep({
      ...parts,
      placement: 'transactional',
      async execute(context) {
        expectTypeOf(context.transaction.selectFrom).toBeFunction()
        return { output: {} }
      },
    })
    const outside = defineStep({
      ...parts,
      placement: 'external',
      async execute(context) {
        // @ts-expect-error -- no call to a provider is made while a transaction is open
        expectTypeOf(context.transaction).toBeAny()
        return { output: {} }
      },
      record: async ({ transaction }) => void expectTypeOf(transaction.insertInto).toBeFunction(),
    })
    defineStep({
      ...parts,
      placement: 'by-billing-adapter',
      async execute({ transaction }) {
        expectTypeOf(transaction).toBeNullable()
        return { output: {} }
      },
    })
    expectTypeOf(inside).toExtend<TransactionalStep>()
    expectTypeOf(outside).toExtend<ExternalStep>()
  })

  test('has no lookup when it is transactional, because its effect and its journal entry commit together', () => {
    defineStep({
      ...base,
      placement: 'transactional',
      input: nothing,
      output: nothing,
      execute,
      // @ts-expect-error -- only an external step has a lookup
      lookup: async () => ({ outcome: 'absent' }),
    })
  })
})

describe('the output of a step', () => {
  test('has to fit its schema', () => {
    const step = defineStep({
      ...base,
      placement: 'external',
      input: nothing,
      output: z.object({ crmId: z.string() }),
      // @ts-expect-error -- a number where the schema says text
      execute: async () => ({ output: { crmId: 7 } }),
      compensate: async (_, __, { crmId }) => void expectTypeOf(crmId).toBeString(),
    })
    expect(() => step.output.parse({ crmId: 7 })).toThrow()
  })

  test('has to be JSON', () => {
    defineStep({
      ...base,
      placement: 'external',
      input: nothing,
      // @ts-expect-error -- the step journal would return a text
      output: z.object({ at: z.date() }),
      execute: () => Promise.reject(new Error('It is never run.')),
    })
  })
})

describe('the kind of run that a step is part of', () => {
  const quiet = { ...base, placement: 'external', input: nothing, output: nothing } as const

  test('decides the request that its preview and its condition get', () => {
    defineStep({
      ...quiet,
      execute,
      preview(_, request) {
        expectTypeOf(request).toEqualTypeOf<AddAccountRequest>()
        return { summary: request.company.name }
      },
      // @ts-expect-error -- the request that adds an account has no month
      appliesTo: ({ month }) => month !== undefined,
    })
    const bill = defineStep({
      ...quiet,
      operation: 'bill-account',
      execute,
      preview(_, request) {
        expectTypeOf(request).toEqualTypeOf<RunRequests['bill-account']>()
        return { summary: request.month }
      },
      appliesTo: ({ subscription }) => subscription.billingAdapter === 'ledger',
    })
    expectTypeOf(bill.operations).toEqualTypeOf<readonly 'bill-account'[]>()
  })

  test('has to be the kind of run of the steps that it needs', () => {
    // @ts-expect-error -- the needed step is part of adding an account
    defineStep({ ...quiet, operation: 'bill-account', needs: [createOrganization], execute })
    const bill = defineStep({ ...quiet, operation: 'bill-account', execute })
    // @ts-expect-error -- the needed step is part of billing an account
    defineStep({ ...quiet, needs: [bill], execute })
    defineStep({ ...quiet, operation: 'bill-account', needs: [bill], execute })
  })
})

describe('a step that needs another', () => {
  const parts = { ...base, placement: 'external', execute } as const

  test('reads a field that is in both schemas by its own input schema', () => {
    const short = z.object({ organizationId: z.string().max(5) })
    const { input } = defineStep({ ...parts, needs: [createOrganization], input: short, output: nothing })
    expect(input.safeParse({ organizationId: 'org_12345' }).success).toBe(false)
  })

  test('keeps the refinements of its input schema, and ignores unknown fields', () => {
    const between = z.strictObject({ from: z.number(), to: z.number() }).refine(({ from, to }) => from <= to)
    const { input } = defineStep({ ...parts, needs: [createOrganization], input: between, output: nothing })
    const known = { organizationId: 'org_1', company: {} }
    expect(input.safeParse({ ...known, from: 1, to: 2 })).toMatchObject({
      data: { organizationId: 'org_1', from: 1, to: 2 },
    })
    expect(input.safeParse({ ...known, from: 2, to: 1 }).success).toBe(false)
  })
})

describe('a step that reads the output of another if its run has that', () => {
  test('gets it as optional fields, which its own input schema may require', () => {
    const step = defineStep({
      ...base,
      placement: 'external',
      after: ['create-organization', 'create-user'],
      reads: [createOrganization, createUser],
      input: z.object({ organizationId: z.string() }),
      output: nothing,
      async execute(_, input) {
        expectTypeOf(input).toEqualTypeOf<{ organizationId: string; userId?: string }>()
        return { output: {} }
      },
    })
    expect(step.input.parse({ organizationId: 'org_1' })).toEqual({ organizationId: 'org_1' })
    expect(step.input.safeParse({ userId: 'usr_1' }).success).toBe(false)
  })
})

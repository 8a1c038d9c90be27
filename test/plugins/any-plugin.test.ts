import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { requestFields } from '../../domain/runs/request-fields.ts'
import type { RunKind } from '../../domain/runs/run-requests.ts'
import { FaultyPlugins } from '../../plugins/faults.ts'
import { definePlugin, defineStep, type Notifier, type StepReference } from '../../plugins/plugin-contract.ts'
import { createRegistry, type Registry } from '../../plugins/registry.ts'
import { memoryBilling } from '../stack/memory-billing.ts'
import { tries } from '../stack/extent.ts'

const notifier: Notifier = {
  id: 'silent',
  check: async () => undefined,
  sendInvitation: async () => ({ messageId: '' }),
  sendPasswordReset: async () => ({ messageId: '' }),
  sendTrialReminder: async () => ({ messageId: '' }),
}
const declaration = {
  id: 'probe',
  version: 1,
  title: 'Probe',
  placement: 'external',
  input: z.object({}),
  output: z.object({}),
  undo: 'keep',
  preview: () => ({ summary: 'Probe.' }),
  execute: async () => ({ output: {} }),
} as const

/** @returns the registry, or the faults. Any other error fails the test. */
function registryOrFaults(create: () => Registry): Registry | FaultyPlugins {
  try {
    return create()
  } catch (error) {
    if (error instanceof FaultyPlugins) return error
    throw error
  }
}

/** Values that are likely in place of others; `undefined` stands for a member that is left out. */
const likely = fc.constantFrom(
  undefined,
  null,
  [null],
  ['create-user'],
  [[]],
  {},
  'two\nlines',
  0,
  true,
  z.string(),
)

/** Any value in place of one member. */
const anyMember = <Whole extends object>(whole: Whole, more: string[] = []) =>
  fc
    .tuple(fc.constantFrom(...Object.keys(whole), ...more), fc.oneof(fc.anything(), likely))
    .map(([member, value]): Whole => ({ ...whole, [member]: value }))

const optionalMembers = ['needs', 'reads', 'after', 'before', 'operation', 'appliesTo', 'retry', 'timeout']

test('a plug-in with any value in one place is enabled or has faults of one line each, and throws nothing else', () => {
  const anyPlugins = fc.oneof(
    anyMember(declaration, [...optionalMembers, 'compensate', 'optional']).map((step) => ({
      steps: [defineStep(step)],
    })),
    anyMember(notifier).map((one) => ({ notifiers: [one] })),
    ...(memoryBilling().plugin.billing ?? []).map((adapter) =>
      anyMember(adapter).map((one) => ({ billing: [one] })),
    ),
    anyMember({ steps: [], retired: [], billing: [], notifiers: [], close: () => undefined }),
  )
  fc.assert(
    fc.property(anyPlugins, fc.oneof(fc.constant('crm'), fc.anything(), likely), (plugin, name) => {
      const outcome = registryOrFaults(() => createRegistry([{ ...plugin, name: name as string }]))
      if (!(outcome instanceof FaultyPlugins)) return
      expect(outcome.message.split('\n')).toHaveLength(outcome.faults.length)
      for (const { message, nextAction } of outcome.faults) expect(message && nextAction).not.toBe('')
    }),
    tries(1_000),
  )
})

const kinds = ['add-account', 'add-user', 'change-plan'] as const satisfies RunKind[]
const names = ['organizationId', 'parentId', 'a', 'b', 'c', 'd']
const ids = ['one', 'two', 'three', 'four']

const asText = (fields: string[]) => z.object(Object.fromEntries(fields.map((name) => [name, z.string()])))

/** A few steps that read each other's outputs, each in some kinds of run. */
const anySteps = fc
  .array(
    fc.record({
      operation: fc.subarray([...kinds], { minLength: 1 }),
      outputs: fc.subarray(names, { maxLength: 2 }),
      needs: fc.subarray(ids, { maxLength: 2 }),
      reads: fc.subarray(ids, { maxLength: 2 }),
      required: fc.subarray(names, { maxLength: 1 }),
    }),
    { minLength: 2, maxLength: ids.length },
  )
  .map((some) =>
    some.map(({ needs, reads, ...step }, index) => {
      const earlier = ids.slice(0, index)
      const known = (wanted: string[]) => wanted.filter((id) => earlier.includes(id))
      return { ...step, id: ids[index] ?? '', needs: known(needs), reads: known(reads) }
    }),
  )

test('in every run, each field of an input has one meaning, and a required one has a source', () => {
  let enabled = 0
  fc.assert(
    fc.property(anySteps, (declared) => {
      const find = (wanted: string[]) => declared.filter(({ id }) => wanted.includes(id))
      const reference = ({ id, outputs, operation }: (typeof declared)[number]): StepReference => ({
        id,
        version: 1,
        operations: operation,
        output: asText(outputs),
      })
      const steps = declared.map(({ id, operation, outputs, needs, reads, required }) =>
        defineStep({
          ...declaration,
          id,
          operation,
          needs: find(needs).map(reference),
          reads: find(reads).map(reference),
          after: find(reads).map((read) => read.id),
          input: asText(required),
          output: asText(outputs),
          execute: () => Promise.reject(new Error('It is never run.')),
        }),
      )
      const outcome = registryOrFaults(() => createRegistry([definePlugin({ name: 'any', steps })]))
      if (outcome instanceof FaultyPlugins) return
      enabled += 1
      for (const step of declared)
        for (const kind of step.operation) {
          const sources = find([...new Set([...step.needs, ...step.reads])]).filter(({ operation }) =>
            operation.includes(kind),
          )
          const fields = [
            ...Object.keys(requestFields[kind]),
            'parentId',
            ...sources.flatMap(({ outputs }) => outputs),
          ]
          expect(fields).toEqual([...new Set(fields)])
          expect(fields).toEqual(expect.arrayContaining(step.required))
        }
    }),
    tries(2_000),
  )
  expect(enabled).toBeGreaterThan(20)
})

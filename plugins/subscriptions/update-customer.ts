import { z } from 'zod'
import { findBilledCustomer } from '../../domain/billing/billed-customer.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { defineStep, keyed, type Step } from '../plugin-contract.ts'
import { accountSchema } from './plan-request-schema.ts'

/**
 * Carries the name of the account to its billing provider. It reads the name when it is executed and again after the call: of two
 * operations at once, each ends with the present name at the provider, whichever call took longer.
 */
export function updateCustomer({ db }: { db: DatabaseConnection }): Step {
  return defineStep({
    operation: 'update-customer',
    id: 'update-customer',
    version: 1,
    timeout: 30_000,
    title: 'Update the customer at the billing provider',
    placement: 'by-billing-adapter',
    optional: true,
    input: accountSchema.extend({ billingAdapter: z.string() }),
    // Null: the provider does not bill the account any more. A switch gave the next provider the name that was present then.
    output: z.object({ name: z.string().nullable() }),
    undo: 'keep',
    preview: (_, { billingAdapter }) => ({ summary: `Carry the name of the account to ${billingAdapter}.` }),

    async execute(context, { organizationId, billingAdapter }) {
      const read = () => findBilledCustomer(context.transaction ?? db, organizationId)
      let customer = await read()
      while (customer?.billingAdapter === billingAdapter) {
        const { name, version, customerExternalId } = customer
        // A version has one name, so a provider never gets one key with two names.
        const call = keyed(context, `v${version}`)
        await context
          .billing(billingAdapter)
          .updateCustomer(call, { organizationId, customerExternalId, name })
        customer = await read()
        if (customer?.name === name) return { output: { name }, externalReference: customerExternalId }
      }
      return { output: { name: null } }
    },

    // Set the name again instead of asking: it is safe under the same key.
    lookup: async () => ({ outcome: 'absent' }),
  })
}

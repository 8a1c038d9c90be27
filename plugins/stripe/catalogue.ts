import type { Stripe } from 'stripe'
import { existsAlready, isMissing } from './stripe-errors.ts'

/** The price of one license used in one month, in integer minor units. */
export interface Prices {
  /** ISO 4217, such as `USD`. */
  currency: string
  purchased: number
  trial: number
}

export const productId = 'tenantry_licenses'

/**
 * Creates the product that all prices belong to, unless Stripe has it. Two workers can do this at the same time: Stripe refuses a
 * second product with the same id.
 */
export async function ensureProduct(stripe: Stripe): Promise<void> {
  try {
    await stripe.products.retrieve(productId)
  } catch (error) {
    if (!isMissing(error)) throw error
    await createProduct(stripe)
  }
}

async function createProduct(stripe: Stripe): Promise<void> {
  const product = { id: productId, name: 'Licenses', unit_label: 'license' }
  await stripe.products.create(product).catch((error: unknown) => {
    if (!existsAlready(error)) throw error
  })
}

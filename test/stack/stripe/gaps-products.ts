import { type Gap, refusal } from './gap.ts'

/** localstripe does not know the unit of a product, and refuses a second product with the same id by another error than Stripe. */
export function productGaps(): Gap {
  return async (call, forward) => {
    if (call.method !== 'POST' || call.path !== '/v1/products') return undefined
    call.params.delete('unit_label')
    const product = await forward(call)
    return product.status === 409 ? refusal('It exists.', 'resource_already_exists') : product
  }
}

import { approvalAndFlatFee } from 'tenantry-approval-and-flat-fee'
import type { Configure } from '../../configuration.ts'
import configure from '../../temporal.config.ts'

/** The configuration of this project, with one more line for the example. */
const withExample: Configure = (surroundings) => {
  const configuration = configure(surroundings)
  const settings = { url: 'http://records.example', token: 'token', amount: 4_900, currency: 'EUR' }
  return {
    ...configuration,
    plugins: [...configuration.plugins, approvalAndFlatFee(settings)],
  }
}

export default withExample

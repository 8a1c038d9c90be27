import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { definePlugin, type Plugin } from '../plugin-contract.ts'
import { correctUserEmail } from './correct-email-step.ts'
import { createOrganization } from './create-organization.ts'
import { createUser } from './create-user.ts'
import { moveUserStep } from './move-user-step.ts'
import { notifyUser } from './notify-user.ts'
import { provisionLicenses } from './provision-licenses.ts'
import { removeUserStep } from './remove-user-step.ts'
import { startBilling } from './start-billing.ts'
import { updateUser } from './update-user.ts'
import { validateAccount } from './validate-account.ts'
import { validateUser } from './validate-user.ts'

export function accounts(parts: { db: DatabaseConnection; publicUrl: string }): Plugin {
  return definePlugin({
    name: 'accounts',
    steps: [
      validateAccount,
      createOrganization,
      validateUser,
      createUser,
      startBilling,
      provisionLicenses,
      correctUserEmail,
      notifyUser(parts),
      updateUser,
      moveUserStep,
      removeUserStep,
    ],
  })
}

import { z } from 'zod'

/** The path parameters of routes below `/organizations/:organizationId`. */
export const organizationParams = z.object({
  organizationId: z.string().describe('The id of the organization. `root` names the platform.'),
})

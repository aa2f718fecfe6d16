import express, { type Router } from "express";

/**
 * For people who want to see what happens when the server dies: `POST /lab/kill` ends this process as a crash would;
 * `start.ts` brings it back. Mounted only for `npm start` on one's own machine.
 */
export function lab(): Router {
  const router = express.Router();
  router.post("/kill", (request, response) => {
    // A foreign page may post a form here, but cannot set this header.
    if (request.headers["x-lab"] === undefined) response.sendStatus(403);
    else response.sendStatus(202).once("finish", () => process.kill(process.pid, "SIGKILL"));
  });
  return router;
}

// One's own times, and wherever a time is chosen.
import { offerCopyOfMonday } from "../ui/schedule/hours.js";
import { tendStrips } from "../ui/schedule/strip.js";

offerCopyOfMonday();
tendStrips();

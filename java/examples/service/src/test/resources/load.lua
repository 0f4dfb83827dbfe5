-- SPDX-License-Identifier: Apache-2.0
--
-- Has wrk post batches, and compares every answer. Called with one argument, a folder with
--     batches        a line for each batch: its count, its query, and its evaluation as the service writes it
--     COUNT.body     its bytes
-- No two batches have the same count, so that an answer tells which batch it is for.
-- In the end it prints one line: "answers N, refused N, wrong N".

local threads = {}

function setup(thread)
    table.insert(threads, thread)
    thread:set("id", #threads)
end

function init(arguments)
    answers, refused, wrong = 0, 0, 0
    requests, expected = {}, {}
    local folder = arguments[1]
    for line in io.lines(folder .. "/batches") do
        local count, query, evaluation = line:match("^(%d+) (%S+) (.+)$")
        local file = assert(io.open(folder .. "/" .. count .. ".body", "rb"))
        local headers = {["Content-Type"] = "application/octet-stream"}
        table.insert(requests, wrk.format("POST", "/loss?" .. query, headers, file:read("*a")))
        file:close()
        expected[count] = evaluation
    end
    next_request = id * 7 -- each thread begins elsewhere
end

function request()
    next_request = next_request % #requests + 1
    return requests[next_request]
end

function response(status, headers, body)
    if status ~= 200 then
        refused = refused + 1
        return
    end
    answers = answers + 1
    if body ~= expected[body:match('"count":(%d+)')] then
        wrong = wrong + 1
    end
end

function done()
    local sums = {answers = 0, refused = 0, wrong = 0}
    for _, thread in ipairs(threads) do
        for name, sum in pairs(sums) do
            sums[name] = sum + thread:get(name)
        end
    end
    print(string.format("answers %d, refused %d, wrong %d", sums.answers, sums.refused, sums.wrong))
end
